// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// Why the calling thread's last plug-in was not started: there is no host that could keep the text.
enum StartProblem {
    /// pthread_key_create(3): frees a thread's text when the thread ends.
    private static let key: pthread_key_t? = {
        var key = pthread_key_t()
        return pthread_key_create(&key) { free($0) } == 0 ? key : nil
    }()

    /// Keeps a text until the thread's next one; NULL where there is no memory.
    static func keep(_ words: String) -> UnsafePointer<CChar>? {
        guard let key, let copy = strdup(words) else { return nil }
        free(pthread_getspecific(key))
        pthread_setspecific(key, copy)
        return UnsafePointer(copy)
    }
}
