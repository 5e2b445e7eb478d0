// Swift GotAPI · SPDX-License-Identifier: MIT

import CFFI
import GotAPICore

/// A C function that is called as its ``FunctionSignature`` says, through libffi.
///
/// What is unsafe, and why it holds:
/// - The function is what the signature says. Nobody can check that: it is the description's author who vouches for it, as
///   who writes a C declaration does. What can be checked was: the symbol is a function of that library.
/// - libffi reads the call interface and the types as long as calls are made: both are allocated here and freed by `deinit`.
/// - libffi reads each argument at its type's size and writes the result at its type's size, or as an `ffi_arg` where it is
///   a smaller integer: ``CallStorage`` has room, and alignment, for the widest of them.
final class NativeFunction {
    private let address: UnsafeMutableRawPointer
    private let signature: FunctionSignature
    private let interface: UnsafeMutablePointer<ffi_cif>
    private let types: UnsafeMutablePointer<UnsafeMutablePointer<ffi_type>?>

    /// - Parameter address: of the function, which stays there until the process ends.
    /// - Returns: `nil` where libffi cannot call such a function here.
    init?(at address: UnsafeMutableRawPointer, _ signature: FunctionSignature) {
        self.address = address
        self.signature = signature
        interface = .allocate(capacity: 1)
        interface.initialize(to: ffi_cif())
        types = .allocate(capacity: max(1, signature.arguments.count))
        for (index, argument) in signature.arguments.enumerated() {
            (types + index).initialize(to: argument.foreignType)
        }
        let status = CFFI_prepare(
            interface, UInt32(signature.arguments.count), signature.result.foreignType, types)
        guard status == FFI_OK else { return nil }
    }

    deinit {
        interface.deallocate()
        types.deallocate()
    }

    /// Calls the function and waits for it.
    ///
    /// - Parameter values: of the signature's parameters, in their order, each of its parameter's kind.
    func call(_ values: [FunctionSignature.Value]) -> CallOutcome {
        let storage = CallStorage(signature, values)
        CFFI_call(interface, address, storage.result, storage.arguments)
        return CallOutcome(returned: storage.readResult(signature.result), outputs: storage.readOutputs())
    }
}

extension FunctionSignature.Argument {
    fileprivate var foreignType: UnsafeMutablePointer<ffi_type> {
        switch self {
        case .parameter(let parameter): parameter.kind.foreignType
        case .fixed(let kind, _): kind.foreignType
        case .output, .outputText: CFFI_pointer()
        case .outputSize(let type, _): type.foreignType
        }
    }
}

extension FunctionSignature.Kind {
    fileprivate var foreignType: UnsafeMutablePointer<ffi_type> {
        switch self {
        case .scalar(let type): type.foreignType
        case .text: CFFI_pointer()
        }
    }
}

extension FunctionSignature.Result {
    fileprivate var foreignType: UnsafeMutablePointer<ffi_type> {
        switch self {
        case .none: CFFI_void()
        case .status: CFFI_sint32()
        case .value(let output): output.type.foreignType
        case .text: CFFI_pointer()
        }
    }
}

extension FunctionSignature.Scalar {
    fileprivate var foreignType: UnsafeMutablePointer<ffi_type> {
        switch self {
        case .i8: CFFI_sint8()
        case .i16: CFFI_sint16()
        case .i32: CFFI_sint32()
        case .i64: CFFI_sint64()
        // C's bool is one byte, 0 or 1, and is passed as an unsigned integer of that size.
        case .u8, .bool: CFFI_uint8()
        case .u16: CFFI_uint16()
        case .u32: CFFI_uint32()
        case .u64: CFFI_uint64()
        case .f32: CFFI_float()
        case .f64: CFFI_double()
        }
    }
}
