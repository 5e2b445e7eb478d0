// Swift GotAPI · SPDX-License-Identifier: MIT

/// What answers requests below one path: the gateway behind `/gotapi`. It knows no socket.
package protocol Responder: Sendable {
    /// Begins to answer. Called on the connection's event loop, so it must not wait.
    ///
    /// - Parameters:
    ///   - request: a whole request.
    ///   - completion: to be called exactly once, from any thread, at once or later.
    /// - Returns: what to call if the client goes away before the completion was called, or `nil`.
    func respond(to request: WebRequest, completion: Completion) -> Cancellation?
}

/// The way back to the connection that a request came from. Made by `GotAPIWeb`, which knows the event loop.
package struct Completion: Sendable {
    private let deliver: @Sendable (@escaping @Sendable () -> WebResponse) -> Void

    package init(_ deliver: @escaping @Sendable (WebResponse) -> Void) { self.deliver = { make in deliver(make()) } }

    /// - Parameter deliver: makes the answer where it is wanted, or not at all where nobody waits for it any more.
    package init(making deliver: @escaping @Sendable (@escaping @Sendable () -> WebResponse) -> Void) {
        self.deliver = deliver
    }

    /// Answers the request. [any thread]
    package func callAsFunction(_ response: WebResponse) { deliver { response } }

    /// Answers the request with what `make` returns, which is called on the connection's event loop: so that what signs and
    /// encodes answers is not the one loop to which a busy plug-in belongs. [any thread]
    package func callAsFunction(making make: @escaping @Sendable () -> WebResponse) { deliver(make) }
}

/// Tells the responder that nobody waits for an answer any more.
package struct Cancellation: Sendable {
    private let action: @Sendable () -> Void

    package init(_ action: @escaping @Sendable () -> Void) { self.action = action }

    /// Cancels. Harmless after the answer. [any thread]
    package func callAsFunction() { action() }
}
