// The plug-in in the gateway's own runtime, with no gateway and no network: test/test LIBRARY

import Glibc

var failures = 0

/// Does the answer have this piece of JSON?
func expect(_ what: String, _ answer: UnsafePointer<CChar>?, _ piece: String) {
    let text = answer.map { String(cString: $0) } ?? "(no answer)"
    guard !text.contains(piece) else { return }
    failures += 1
    print("\(what): \(piece) is not in \(text)")
}

var problem: UnsafePointer<CChar>?
guard CommandLine.arguments.count == 2, let host = gotapi_testing_load(CommandLine.arguments[1], nil, &problem) else {
    print(problem.map { String(cString: $0) } ?? "usage: test LIBRARY")
    exit(1)
}
expect("discovery", gotapi_testing_discover(host), "TEMPLATEID.1")
expect(
    "GET", gotapi_testing_request(host, "GET", "/gotapi/TEMPLATENAME?serviceId=TEMPLATEID.1"),
    "Hello from TEMPLATENAME.")
expect(
    "PUT", gotapi_testing_request(host, "PUT", "/gotapi/TEMPLATENAME?serviceId=TEMPLATEID.1"),
    "Only GET is supported.")
expect(
    "another attribute", gotapi_testing_request(host, "GET", "/gotapi/TEMPLATENAME/x?serviceId=TEMPLATEID.1"),
    "There is no such attribute.")
gotapi_testing_close(host)
if failures == 0 { print("all is well") }
exit(failures == 0 ? 0 : 1)
