// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import GotAPIPluginRuntime
import NIOConcurrencyHelpers

/// Which plug-ins' code runs in the gateway's process, in a file that outlives it: where that process dies, the next one finds
/// whose code was running, and runs that plug-in in a process of its own until its file changes
/// (plugin-abi.md, "Misbehaviour and what it costs").
///
/// The file is mapped: a mark is one store, without a system call, and is in the file however the process ends.
final class InFlightRecord: Sendable {
    /// A library that took a gateway with it, or may have.
    struct Suspect: Sendable, Hashable {
        let id: String
        let sha256: String
    }

    /// One slot: the id, the library's SHA-256 in hexadecimal digits, both NUL-padded, whether it is a suspect, and the marks.
    private enum Slot {
        static let id = 0..<64
        static let sha256 = 64..<128
        static let suspect = 128
        static let marks = 132
        static let size = marks + 4 * ActivityMark.places
        static let count = 256
    }

    private struct Slots {
        var used = 0
        /// Below `used`, those whose library's code has come to an end.
        var free: [Int] = []

        mutating func take() -> Int? {
            if let index = free.popLast() { return index }
            guard used < Slot.count else { return nil }
            defer { used += 1 }
            return used
        }
    }

    let suspects: Set<Suspect>
    private let path: String
    private let memory: Memory
    private let slots = NIOLockedValueBox(Slots())

    /// @unchecked: slots are given out under the lock, each to one writer. Never unmapped, since a thread that hangs may still
    /// write (``ActivityMark``).
    private struct Memory: @unchecked Sendable {
        let base: UnsafeMutableRawPointer
    }

    /// Reads what the last gateway left, and begins anew. The caller holds the state folder's lock.
    init(statePath: String) throws(LoadFailure) {
        let path = statePath + "/in-flight"
        self.path = path
        suspects = Self.read(path)
        // A file of its own each time: another process may still have the old one mapped.
        unlink(path)
        let size = Slot.size * Slot.count
        do throws(SystemError) {
            let file = try FileDescriptor(
                opening: path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode: S_IRUSR | S_IWUSR)
            // Its blocks are there before it is mapped: a full disk is an error here, and no SIGBUS later (posix_fallocate(3)).
            let error = posix_fallocate(file.number, 0, off_t(size))
            guard error == 0 else { throw SystemError(error) }
            guard let base = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.number, 0), base != MAP_FAILED
            else { throw SystemError() }
            memory = Memory(base: base)
        } catch { throw .unreadable(path, error) }
        for suspect in suspects { _ = addSlot(suspect, isSuspect: true) }
    }

    private static func read(_ path: String) -> Set<Suspect> {
        var suspects: Set<Suspect> = []
        // Of another size, it is another version's.
        guard let file = try? FileDescriptor(opening: path, O_RDONLY | O_NOFOLLOW),
            let status = try? file.status(), Int(status.st_size) == Slot.size * Slot.count
        else { return suspects }
        withUnsafeTemporaryAllocation(byteCount: Slot.size, alignment: 8) { slot in
            for _ in 0..<Slot.count {
                guard let count = try? file.read(into: slot), count == Slot.size else { return }
                let isSuspect = slot.load(fromByteOffset: Slot.suspect, as: UInt32.self) != 0
                let isMarked = slot[Slot.marks...].contains { $0 != 0 }
                guard isSuspect || isMarked else { continue }
                suspects.insert(Suspect(id: text(slot[Slot.id]), sha256: text(slot[Slot.sha256])))
            }
        }
        return suspects
    }

    private static func text(_ bytes: Slice<UnsafeMutableRawBufferPointer>) -> String {
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// A mark for one library; `nil` where there are more than anybody has, which then go without.
    func mark(_ library: Suspect) -> ActivityMark? {
        addSlot(library, isSuspect: false).map { ActivityMark(flags: $0) }
    }

    private func addSlot(_ library: Suspect, isSuspect: Bool) -> UnsafeMutablePointer<UInt32>? {
        slots.withLockedValue { slots in
            guard let index = slots.take() else { return nil }
            let slot = memory.base + index * Slot.size
            for (text, range) in [(library.id, Slot.id), (library.sha256, Slot.sha256)] {
                let bytes = Array(text.utf8.prefix(range.count))
                for (offset, byte) in zip(range, bytes + [UInt8](repeating: 0, count: range.count - bytes.count)) {
                    slot.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
                }
            }
            slot.storeBytes(of: isSuspect ? 1 : 0, toByteOffset: Slot.suspect, as: UInt32.self)
            return slot.advanced(by: Slot.marks).bindMemory(to: UInt32.self, capacity: ActivityMark.places)
        }
    }

    /// Takes a mark back whose library's code has come to an end: no thread is left that could set it.
    func free(_ mark: ActivityMark) {
        slots.withLockedValue { slots in
            let index = (0..<slots.used).first { index in
                mark.isAt(memory.base + index * Slot.size + Slot.marks)
            }
            if let index, !slots.free.contains(index) { slots.free.append(index) }
        }
    }

    /// The gateway ends in order: nobody is to blame for what still hangs. Suspects stay suspects.
    func close() {
        slots.withLockedValue { slots in
            for index in 0..<slots.used {
                let slot = memory.base + index * Slot.size
                for mark in 0..<ActivityMark.places {
                    slot.storeBytes(of: 0, toByteOffset: Slot.marks + 4 * mark, as: UInt32.self)
                }
            }
            if suspects.isEmpty { unlink(path) }
        }
    }
}
