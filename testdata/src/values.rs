// Values as Rust programs have them.
// fixture values-rs: rustc -g $src -o $exe
// fixture values-rs-v0: rustc -g -C symbol-mangling-version=v0 $src -o $exe
#[allow(dead_code)]
#[derive(Debug)]
enum Shape { Circle(f64), Rectangle { width: u32, height: u32 }, Unit }

#[derive(Debug)]
struct Record { x: i32, name: String, pair: (u8, bool) }

#[inline(never)]
#[allow(clippy::too_many_arguments)]
fn leaf(n: i32, text: &str, owned: String, numbers: Vec<u32>, some: Option<u32>, none: Option<&str>,
        shape: Shape, record: Record, slice: &[u16], result: Result<u8, String>) -> usize {
    let array = [1u8, 2, 3];
    let unit = Shape::Unit;
    let circle = Shape::Circle(2.5);
    if n > 0 {
        std::process::abort();
    }
    format!("{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}", text, owned, numbers, some, none, shape,
            record, slice, result, array, unit, circle).len()
}

fn main() {
    leaf(7, "a slice", "owned".to_string(), vec![1, 2, 3], Some(9), None,
         Shape::Rectangle { width: 3, height: 4 }, Record { x: -5, name: "n".into(), pair: (1, true) },
         &[5, 6], Err("bad".into()));
}
