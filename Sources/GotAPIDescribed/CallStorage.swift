// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore

/// The memory of one call: what the arguments are read from, and what the function and libffi write into.
///
/// Why it holds: each argument, output and result has a slot of ``slotSize`` bytes, aligned to as many, in one block, which is
/// more than any ``FunctionSignature/Scalar`` or pointer needs. Texts have allocations of their own, one byte longer than the
/// function is told, which stays 0: so a text that it does not end is read to that byte at most. All of it is freed when the
/// value goes, which is after its results were copied; a function that keeps a pointer breaks its description's word.
final class CallStorage {
    private static let slotSize = 16

    private let block: UnsafeMutableRawPointer
    private let signature: FunctionSignature
    private var texts: [UnsafeMutablePointer<CChar>] = []
    private var outputTexts: [Int: UnsafeMutablePointer<CChar>] = [:]
    /// The addresses of the arguments' slots, as libffi wants them.
    let arguments: UnsafeMutablePointer<UnsafeMutableRawPointer?>

    /// Where the result goes.
    var result: UnsafeMutableRawPointer { block }

    init(_ signature: FunctionSignature, _ values: [FunctionSignature.Value]) {
        self.signature = signature
        let count = signature.arguments.count
        let size = (1 + 2 * count) * Self.slotSize
        block = .allocate(byteCount: size, alignment: Self.slotSize)
        block.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        arguments = .allocate(capacity: max(1, count))
        var values = values[...]
        for (index, argument) in signature.arguments.enumerated() {
            let slot = argumentSlot(index)
            (arguments + index).initialize(to: slot)
            switch argument {
            case .parameter(let parameter):
                guard let value = values.popFirst() else { preconditionFailure("a parameter without a value") }
                write(value, parameter.kind, to: slot)
            case .fixed(let kind, let value): write(value, kind, to: slot)
            case .output: slot.storeBytes(of: outputSlot(index), as: UnsafeMutableRawPointer.self)
            case .outputText(_, let size):
                let text = UnsafeMutablePointer<CChar>.allocate(capacity: size + 1)
                text.initialize(repeating: 0, count: size + 1)
                texts.append(text)
                outputTexts[index] = text
                slot.storeBytes(of: text, as: UnsafeMutablePointer<CChar>.self)
            case .outputSize(let type, let size): write(bits: UInt64(size), type, to: slot)
            }
        }
    }

    deinit {
        for text in texts { text.deallocate() }
        arguments.deallocate()
        block.deallocate()
    }

    private func argumentSlot(_ index: Int) -> UnsafeMutableRawPointer { block + (1 + index) * Self.slotSize }

    private func outputSlot(_ index: Int) -> UnsafeMutableRawPointer {
        block + (1 + signature.arguments.count + index) * Self.slotSize
    }

    // MARK: - Writing

    private func write(
        _ value: FunctionSignature.Value, _ kind: FunctionSignature.Kind, to slot: UnsafeMutableRawPointer
    ) {
        switch (kind, value) {
        case (.text, .text(let string)):
            let bytes = string.utf8
            let text = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
            var end = text
            for byte in bytes {
                end.initialize(to: CChar(bitPattern: byte))
                end += 1
            }
            end.initialize(to: 0)
            texts.append(text)
            slot.storeBytes(of: text, as: UnsafeMutablePointer<CChar>.self)
        case (.scalar(let type), .signed(let number)): write(bits: UInt64(bitPattern: number), type, to: slot)
        case (.scalar(let type), .unsigned(let number)): write(bits: number, type, to: slot)
        case (.scalar(let type), .boolean(let value)): write(bits: value ? 1 : 0, type, to: slot)
        case (.scalar(.f32), .single(let number)): slot.storeBytes(of: number, as: Float.self)
        case (.scalar(.f64), .double(let number)): slot.storeBytes(of: number, as: Double.self)
        default: preconditionFailure("a value of another kind than its parameter's")
        }
    }

    /// At the type's own size: that is how libffi reads it, whatever the byte order.
    private func write(bits: UInt64, _ type: FunctionSignature.Scalar, to slot: UnsafeMutableRawPointer) {
        switch type {
        case .i8, .u8, .bool: slot.storeBytes(of: UInt8(truncatingIfNeeded: bits), as: UInt8.self)
        case .i16, .u16: slot.storeBytes(of: UInt16(truncatingIfNeeded: bits), as: UInt16.self)
        case .i32, .u32: slot.storeBytes(of: UInt32(truncatingIfNeeded: bits), as: UInt32.self)
        case .i64, .u64: slot.storeBytes(of: bits, as: UInt64.self)
        case .f32, .f64: preconditionFailure("an integer for a parameter that is none")
        }
    }

    // MARK: - Reading

    func readResult(_ result: FunctionSignature.Result) -> CallOutcome.Returned {
        switch result {
        case .none: return .nothing
        case .status: return .value(widened(.i32))
        case .value(let output):
            switch output.type {
            case .f32: return .value(.single(block.load(as: Float.self)))
            case .f64: return .value(.double(block.load(as: Double.self)))
            default: return .value(widened(output.type))
            }
        case .text:
            guard let text = block.load(as: UnsafePointer<CChar>?.self) else { return .null }
            // strnlen(3): the function promises a text that ends; how long it is nobody promised.
            let length = strnlen(text, FunctionSignature.maximumText + 1)
            guard length <= FunctionSignature.maximumText else { return .endlessText }
            return .value(Self.copy(text, length))
        }
    }

    /// An integer result: libffi returns what is smaller than an `ffi_arg` as a whole one, of which the lower bits count.
    private func widened(_ type: FunctionSignature.Scalar) -> FunctionSignature.Value {
        Self.value(of: block.load(as: UInt64.self), type)
    }

    func readOutputs() -> [FunctionSignature.Value] {
        signature.arguments.enumerated().compactMap { index, argument in
            switch argument {
            case .output(let output): Self.read(output.type, at: outputSlot(index))
            case .outputText(_, let size): outputTexts[index].map { Self.copy($0, strnlen($0, size)) }
            case .parameter, .fixed, .outputSize: nil
            }
        }
    }

    private static func read(
        _ type: FunctionSignature.Scalar, at slot: UnsafeMutableRawPointer
    ) -> FunctionSignature.Value {
        switch type {
        case .i8, .u8, .bool: value(of: UInt64(slot.load(as: UInt8.self)), type)
        case .i16, .u16: value(of: UInt64(slot.load(as: UInt16.self)), type)
        case .i32, .u32: value(of: UInt64(slot.load(as: UInt32.self)), type)
        case .i64, .u64: value(of: slot.load(as: UInt64.self), type)
        case .f32: .single(slot.load(as: Float.self))
        case .f64: .double(slot.load(as: Double.self))
        }
    }

    /// - Parameter bits: of which those beyond the type's size do not count.
    private static func value(of bits: UInt64, _ type: FunctionSignature.Scalar) -> FunctionSignature.Value {
        switch type {
        case .i8: .signed(Int64(Int8(truncatingIfNeeded: bits)))
        case .i16: .signed(Int64(Int16(truncatingIfNeeded: bits)))
        case .i32: .signed(Int64(Int32(truncatingIfNeeded: bits)))
        case .i64: .signed(Int64(bitPattern: bits))
        case .u8: .unsigned(bits & 0xff)
        case .u16: .unsigned(bits & 0xffff)
        case .u32: .unsigned(bits & 0xffff_ffff)
        case .u64: .unsigned(bits)
        case .bool: .boolean(bits & 0xff != 0)
        case .f32, .f64: preconditionFailure("no integer")
        }
    }

    /// Text that is not UTF-8 is repaired: JSON could not have it.
    private static func copy(_ text: UnsafePointer<CChar>, _ length: Int) -> FunctionSignature.Value {
        .text(String(decoding: UnsafeRawBufferPointer(start: text, count: length), as: UTF8.self))
    }
}
