/* The plug-in in the gateway's own runtime, with no gateway and no network: test/test LIBRARY */
#include <gotapi_testing.h>

#include <stdio.h>
#include <string.h>

static int failures = 0;

/* Does the answer have this piece of JSON? */
static void expect(const char *what, const char *answer, const char *piece) {
    if (answer != NULL && strstr(answer, piece) != NULL) return;
    failures++;
    fprintf(stderr, "%s: %s is not in %s\n", what, piece, answer == NULL ? "(no answer)" : answer);
}

int main(int count, char **arguments) {
    const char *problem = NULL;
    gotapi_testing *host = count == 2 ? gotapi_testing_load(arguments[1], NULL, &problem) : NULL;
    if (host == NULL) {
        fprintf(stderr, "%s\n", problem == NULL ? "usage: test LIBRARY" : problem);
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
    if (failures == 0) puts("all is well");
    return failures == 0 ? 0 : 1;
}
