// threads: Rust's standard library, a thread for every connection. thread in Go is compared with it.
//
// The code is that of goroutine: read, answer, read again. What differs is who waits: a thread of the operating system,
// with a stack of its own.
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use std::{env, thread};

const STACK: usize = 64 << 10; // the usual 2 MiB are reserved, not used

// The connections of a database: how many are free, and who waits for one.
struct Slots {
    free: Mutex<usize>,
    given_back: Condvar,
}

impl Slots {
    fn hold(&self, wait: Duration) {
        let mut free = self.free.lock().unwrap();
        while *free == 0 {
            free = self.given_back.wait(free).unwrap();
        }
        *free -= 1;
        drop(free);
        thread::sleep(wait);
        *self.free.lock().unwrap() += 1;
        self.given_back.notify_one();
    }
}

fn upper(mut client: TcpStream, wait: Duration, slots: &Slots) -> std::io::Result<()> {
    client.set_nodelay(true)?;
    // region read
    let mut buf = [0u8; 16384];
    loop {
        let n = client.read(&mut buf)?;
        if n == 0 {
            return Ok(()); // it has sent everything, and everything is answered
        }
        // endregion
        // region reply
        if !wait.is_zero() {
            slots.hold(wait);
        }
        buf[..n].make_ascii_uppercase();
        client.write_all(&buf[..n])?; // blocks while the client does not read
        // endregion
    }
}

fn main() {
    let args: Vec<String> = env::args().collect();
    let number = |i: usize| args.get(i).and_then(|a| a.parse::<f64>().ok()).unwrap_or(0.0);
    let wait = Duration::from_secs_f64(number(2));
    let free = if number(3) > 0.0 { number(3) as usize } else { usize::MAX };
    let slots = Arc::new(Slots { free: Mutex::new(free), given_back: Condvar::new() });
    // region listen
    let listener = TcpListener::bind(("127.0.0.1", number(1) as u16)).expect("listen");
    // endregion
    // region accept
    loop {
        match listener.accept() {
            Ok((client, _)) => {
                // region dispatch
                let slots = Arc::clone(&slots);
                let run = move || {
                    let _ = upper(client, wait, &slots); // an error ends this connection only
                };
                // Where no thread can be started, the client is sent away.
                let _ = thread::Builder::new().stack_size(STACK).spawn(run);
                // endregion
            }
            Err(_) => thread::sleep(Duration::from_millis(5)), // out of descriptors: try again later
        }
    }
    // endregion
}

// region drain: none, SIGTERM ends the program at once and replies that are not sent are lost
