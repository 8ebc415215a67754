//! Build script of every crate that links libtorch: the folder libtorch was found in goes into the binaries,
//! so that they run with no environment variable set.

fn main() {
    println!("cargo::rerun-if-changed=../scripts/rpath.rs");
    if let Ok(lib) = std::env::var("DEP_TCH_LIBTORCH_LIB") {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{lib}");
    }
}
