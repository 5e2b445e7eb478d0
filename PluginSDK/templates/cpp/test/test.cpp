// The plug-in in the gateway's own runtime, with no gateway and no network: test/test LIBRARY
#include <gotapi_testing.h>

#include <iostream>
#include <string_view>

static int failures = 0;

// Does the answer have this piece of JSON?
static void expect(const char *what, const char *answer, std::string_view piece) {
    const std::string_view text = answer == nullptr ? "(no answer)" : answer;
    if (text.find(piece) != std::string_view::npos) return;
    failures++;
    std::cerr << what << ": " << piece << " is not in " << text << '\n';
}

int main(int count, char **arguments) {
    const char *problem = nullptr;
    gotapi_testing *host = count == 2 ? gotapi_testing_load(arguments[1], nullptr, &problem) : nullptr;
    if (host == nullptr) {
        std::cerr << (problem == nullptr ? "usage: test LIBRARY" : problem) << '\n';
        return 1;
    }
    expect("discovery", gotapi_testing_discover(host), "TEMPLATEID.1");
    expect("GET", gotapi_testing_request(host, "GET", "/gotapi/TEMPLATENAME?serviceId=TEMPLATEID.1"),
           "Hello from TEMPLATENAME.");
    expect("PUT", gotapi_testing_request(host, "PUT", "/gotapi/TEMPLATENAME?serviceId=TEMPLATEID.1"),
           "Only GET is supported.");
    expect("another attribute", gotapi_testing_request(host, "GET", "/gotapi/TEMPLATENAME/x?serviceId=TEMPLATEID.1"),
           "There is no such attribute.");
    gotapi_testing_close(host);
    if (failures == 0) std::cout << "all is well\n";
    return failures == 0 ? 0 : 1;
}
