// Swift GotAPI · SPDX-License-Identifier: MIT

//! gotapi_plugin.h, ABI 1.0, in Rust's words. It never changes.

#![allow(dead_code)]

use std::ffi::c_void;
use std::mem::size_of;

/// GOTAPI_OK is 0; the others are in gotapi_plugin.h.
pub type Status = i32;

pub type OnHost = extern "C" fn(*const Table) -> Status;
pub type OnHandle = extern "C" fn(*const Table, u64) -> Status;
pub type HostText = extern "C" fn(*const Table, *mut *const u8, *mut u64) -> Status;
pub type MessageText = extern "C" fn(*const Table, u64, *mut *const u8, *mut u64) -> Status;
pub type GiveMembers = extern "C" fn(*const Table, u64, *const u8, u64) -> Status;

/// gotapi_host
#[repr(C)]
pub struct Table {
    pub size: u32,
    pub abi_minor: u32,
    pub context: *const c_void,
    pub method: MessageText,
    pub field: extern "C" fn(*const Table, u64, u32, *mut *const u8, *mut u64) -> Status,
    pub parameter: extern "C" fn(*const Table, u64, *const u8, u64, *mut *const u8, *mut u64) -> Status,
    pub parameter_at: *const c_void,
    pub request_json: MessageText,
    pub time_left: extern "C" fn(*const Table, u64, *mut u64) -> Status,
    pub is_replay: extern "C" fn(*const Table, u64, *mut u32) -> Status,
    pub return_message: GiveMembers,
    pub subscribe: extern "C" fn(*const Table, u64, *mut u64) -> Status,
    pub push_message: GiveMembers,
    pub unsubscribe: OnHandle,
    pub retain: OnHandle,
    pub release: OnHandle,
    pub log: extern "C" fn(*const Table, u32, *const u8, u64) -> Status,
    pub config: HostText,
    pub data_directory: HostText,
    pub resource_directory: HostText,
    pub start_timer: extern "C" fn(*const Table, u64, u64, *mut c_void, *mut u64) -> Status,
    pub stop_timer: OnHandle,
    pub call_on_plugin_thread: extern "C" fn(*const Table, *mut c_void) -> Status,
    pub services_changed: OnHost,
    pub get_extension: *const c_void,
}
const _: () = assert!(size_of::<Table>() == 192);

/// gotapi_note
#[repr(C, align(4))]
pub struct Note([u32; 3], [u8; 8], [u32; 4], [u8; 64]);

impl Note {
    pub const fn new(id: &str, flags: u32) -> Note {
        assert!(id.len() < 64, "a plug-in's id has at most 63 characters");
        let mut padded = [0; 64];
        let mut index = 0;
        while index < id.len() {
            padded[index] = id.as_bytes()[index];
            index += 1;
        }
        Note([7, 80, 1], *b"GotAPI\0\0", [1, 0, flags, 0], padded)
    }
}

#[repr(C)]
pub struct Constant(*const u8, u64);

impl Constant {
    pub const fn new(text: &'static str) -> Constant {
        Constant(text.as_ptr(), text.len() as u64)
    }
}

/// gotapi_plugin
#[repr(C)]
pub struct Descriptor {
    pub size: u32,
    pub flags: u32,
    /// id, name, version, vendor, services
    pub texts: [Constant; 5],
    pub context: *const c_void,
    pub start: extern "C" fn(*mut c_void, *const Table, *mut *mut c_void) -> Status,
    pub stop: extern "C" fn(*mut c_void),
    /// on_service_discovery, on_client_id, on_access_token: the gateway's own answers
    pub defaults: [*const c_void; 3],
    pub on_message: extern "C" fn(*mut c_void, u64),
    pub on_unsubscribed: extern "C" fn(*mut c_void, u64, u32),
    pub on_message_expired: extern "C" fn(*mut c_void, u64),
    pub on_timer: extern "C" fn(*mut c_void, u64, *mut c_void, Status),
    pub on_call: extern "C" fn(*mut c_void, *mut c_void, Status),
    pub get_extension: *const c_void,
}
const _: () = assert!(size_of::<Descriptor>() == 184);

// Constant: its pointers are to constants, too.
unsafe impl Sync for Descriptor {}
