// unwrap() of an error, in a thread with a name; unwinding turned into an abort by a second panic.
// fixture rust-unwrap: rustc -g -C opt-level=1 $src -o $exe
struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        panic!("again");
    }
}

#[inline(never)]
fn parse(text: &str) -> u32 {
    let _guard = Guard;
    text.parse::<u32>().unwrap()
}

fn main() {
    let worker = std::thread::Builder::new()
        .name("parser".to_string())
        .spawn(|| parse("twelve"))
        .unwrap();
    println!("{:?}", worker.join().is_ok());
}
