// Threads that wait for each kind of lock of Rust's library.
// fixture waits-rust: rustc -g -C opt-level=1 $src -o $exe
//   core: gcore
use std::sync::{Arc, Condvar, Mutex, RwLock};
use std::thread;
use std::time::Duration;

fn start<F: FnOnce() + Send + 'static>(name: &str, body: F) {
    thread::Builder::new().name(name.to_string()).spawn(body).unwrap();
    thread::sleep(Duration::from_millis(50));
}

fn main() {
    let table = Arc::new(RwLock::new(0));
    let count = Arc::new(Mutex::new(0));
    let ready = Arc::new((Mutex::new(false), Condvar::new()));
    let _table = table.write().unwrap();
    let _count = count.lock().unwrap();
    for name in ["reader", "reader2"] {
        let table = table.clone();
        start(name, move || drop(table.read().unwrap()));
    }
    let other = table.clone();
    start("writer", move || drop(other.write().unwrap()));
    let other = count.clone();
    start("mutex", move || drop(other.lock().unwrap()));
    let other = ready.clone();
    start("condvar", move || {
        let guard = other.0.lock().unwrap();
        drop(other.1.wait(guard).unwrap());
    });
    start("park", || thread::park());
    thread::sleep(Duration::from_millis(200));
    println!("ready");
    thread::sleep(Duration::from_secs(600));
}
