//! The plug-in in the gateway's own runtime, with no gateway and no network: test/test LIBRARY

use std::ffi::{CStr, CString};
use std::os::raw::{c_char, c_void};
use std::{env, process, ptr};

// gotapi_testing.h
#[link(name = "gotapi-plugin-testing")]
extern "C" {
    fn gotapi_testing_load(library: *const c_char, config: *const c_char, problem: *mut *const c_char) -> *mut c_void;
    fn gotapi_testing_discover(host: *mut c_void) -> *const c_char;
    fn gotapi_testing_request(host: *mut c_void, method: *const c_char, target: *const c_char) -> *const c_char;
    fn gotapi_testing_close(host: *mut c_void);
}

/// A copy of a text of the host's, which lives until the next call.
fn copy(text: *const c_char) -> String {
    if text.is_null() {
        return "(no answer)".to_owned();
    }
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

fn main() {
    let library = env::args().nth(1).expect("usage: test LIBRARY");
    let library = CString::new(library).expect("a path");
    let mut problem = ptr::null();
    let host = unsafe { gotapi_testing_load(library.as_ptr(), ptr::null(), &mut problem) };
    if host.is_null() {
        eprintln!("{}", copy(problem));
        process::exit(1);
    }
    let request = |method: &str, target: &str| {
        let (method, target) = (CString::new(method).unwrap(), CString::new(target).unwrap());
        copy(unsafe { gotapi_testing_request(host, method.as_ptr(), target.as_ptr()) })
    };
    let mut failures = 0;
    let mut expect = |what: &str, answer: String, piece: &str| {
        if !answer.contains(piece) {
            failures += 1;
            eprintln!("{what}: {piece} is not in {answer}");
        }
    };
    expect("discovery", copy(unsafe { gotapi_testing_discover(host) }), "TEMPLATEID.1");
    let answer = request("GET", "/gotapi/TEMPLATENAME?serviceId=TEMPLATEID.1");
    expect("GET", answer, "Hello from TEMPLATENAME.");
    let answer = request("PUT", "/gotapi/TEMPLATENAME?serviceId=TEMPLATEID.1");
    expect("PUT", answer, "Only GET is supported.");
    let answer = request("GET", "/gotapi/TEMPLATENAME/x?serviceId=TEMPLATEID.1");
    expect("another attribute", answer, "There is no such attribute.");
    unsafe { gotapi_testing_close(host) };
    if failures > 0 {
        process::exit(1);
    }
    println!("all is well");
}
