// node: callbacks on one event loop (libuv on epoll).
//
// Node reads as soon as input arrives, and passes it to a callback. So the program must pause a connection
// whose client does not read its replies, and must tell Node not to close a connection when its client has
// half-closed (allowHalfOpen).
const net = require('node:net')

const [port, wait, slots] = process.argv.slice(2).map(Number)

// A wait of `wait` seconds, `slots` of them at a time, as for a database.
let free = slots || Infinity
const queue = []
function work(done) {
  const start = () => {
    free--
    setTimeout(() => {
      free++
      queue.shift()?.()
      done()
    }, wait * 1000)
  }
  free > 0 ? start() : queue.push(start)
}

function upper(data) {
  for (let i = 0; i < data.length; i++) {
    if (data[i] >= 0x61 && data[i] <= 0x7a) data[i] -= 0x20
  }
  return data
}

// region accept
net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  // endregion
  let waiting = false
  let ended = false
  // region reply
  const reply = (data) => {
    if (!socket.write(upper(data))) {
      socket.pause()
      socket.once('drain', () => socket.resume())
    }
  }
  // endregion
  // region read
  socket.on('data', (data) => {
    if (!wait) return reply(data)
    // region dispatch
    waiting = true
    socket.pause()
    work(() => {
      waiting = false
      socket.resume()
      reply(data)
      if (ended) socket.end()
    })
    // endregion
  })
  socket.on('end', () => {
    ended = true
    if (!waiting) socket.end()
  })
  socket.on('error', () => socket.destroy())
  // endregion
  // region listen
}).listen({ port, host: '127.0.0.1', backlog: 4096 })
// endregion

// region drain: none, SIGTERM ends the program at once and replies that are not sent are lost
