// Nio: Java, one thread and a Selector. epoll in Go is compared with it.
//
// A channel is asked for one thing at a time: to be readable, or writable while a reply waits. So nothing more is read
// from a client that does not take its replies.
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

class Nio {
  static final ByteBuffer buf = ByteBuffer.allocateDirect(16384);

  public static void main(String[] args) throws Exception {
    // region listen
    Selector selector = Selector.open();
    ServerSocketChannel listener = ServerSocketChannel.open();
    listener.setOption(StandardSocketOptions.SO_REUSEADDR, true);
    listener.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), Integer.parseInt(args[0])), 4096);
    listener.configureBlocking(false);
    listener.register(selector, SelectionKey.OP_ACCEPT);
    // endregion
    // region dispatch
    while (true) {
      selector.select(key -> {
        if (key.isAcceptable()) greet(listener, selector);
        else answer(key);
      });
    }
    // endregion
  }

  // region accept
  static void greet(ServerSocketChannel listener, Selector selector) {
    try {
      for (SocketChannel c; (c = listener.accept()) != null; ) {
        c.configureBlocking(false);
        c.setOption(StandardSocketOptions.TCP_NODELAY, true);
        c.register(selector, SelectionKey.OP_READ);
      }
    } catch (IOException e) { // out of descriptors: try again later
      try { Thread.sleep(5); } catch (InterruptedException ignored) { }
    }
  }
  // endregion

  // The attachment of a key is what is left of a reply, if anything is.
  static void answer(SelectionKey key) {
    SocketChannel c = (SocketChannel) key.channel();
    try {
      ByteBuffer out = (ByteBuffer) key.attachment();
      if (out == null) {
        // region read
        buf.clear();
        if (c.read(buf) < 0) { c.close(); return; } // it has sent everything, and everything is answered
        // endregion
        // region reply
        buf.flip();
        for (int i = 0; i < buf.limit(); i++) {
          byte b = buf.get(i);
          if ('a' <= b && b <= 'z') buf.put(i, (byte) (b - 32));
        }
        out = buf;
      }
      c.write(out);
      if (out == buf && out.hasRemaining()) out = ByteBuffer.allocate(buf.remaining()).put(buf).flip();
      key.attach(out.hasRemaining() ? out : null);
      key.interestOps(out.hasRemaining() ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
      // endregion
    } catch (IOException e) { // an error ends this connection only
      try { c.close(); } catch (IOException ignored) { }
    }
  }
}

// region drain: none, SIGTERM ends the program at once and replies that are not sent are lost
