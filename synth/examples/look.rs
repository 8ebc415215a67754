fn main() {
    let a: Vec<String> = std::env::args().collect();
    let o = synth::Options { place: a[1].parse().unwrap(), seed: a[2].parse().unwrap(), people: 12, frames: 200, size: (a[3].parse().unwrap(), a[4].parse().unwrap()), ..Default::default() };
    let t = std::time::Instant::now();
    let f = synth::Film::new(&o).unwrap();
    eprintln!("built {:?}", t.elapsed());
    let t = std::time::Instant::now();
    let n: u32 = a[5].parse().unwrap();
    for i in 0..n { std::hint::black_box(f.shoot(i)); }
    eprintln!("{n} sets {:?}", t.elapsed());
    for (c, s) in f.shoot(100).iter().enumerate() {
        let mut b = format!("P6 {} {} 255\n", o.size.0, o.size.1).into_bytes();
        b.extend(s.picture.chunks(3).flat_map(|p| [p[2], p[1], p[0]]));
        std::fs::write(format!("/tmp/look{c}.ppm"), b).unwrap();
        println!("{:?}", s.people.len());
    }
}
