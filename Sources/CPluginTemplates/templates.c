// Swift GotAPI · SPDX-License-Identifier: MIT

#include "CPluginTemplates.h"

// The files as they are when this is compiled (C23, "Binary resource inclusion"). What is not in this table is not in a new
// project; a test compares it with the folders.
static const plugin_template_file files[] = {
    {"c", ".gitignore", "templates/c/.gitignore",
     (const unsigned char[]){
#embed "../../PluginSDK/templates/c/.gitignore" suffix(, )
         0}},
    {"c", "Makefile", "templates/c/Makefile",
     (const unsigned char[]){
#embed "../../PluginSDK/templates/c/Makefile" suffix(, )
         0}},
    {"c", "README.md", "templates/c/README.md",
     (const unsigned char[]){
#embed "../../PluginSDK/templates/c/README.md" suffix(, )
         0}},
    {"c", "TEMPLATENAME.c", "templates/c/TEMPLATENAME.c",
     (const unsigned char[]){
#embed "../../PluginSDK/templates/c/TEMPLATENAME.c" suffix(, )
         0}},
    {"c", "test/test.c", "templates/c/test/test.c",
     (const unsigned char[]){
#embed "../../PluginSDK/templates/c/test/test.c" suffix(, )
         0}},
    {"c", "sdk/gotapi_plugin.h", "include/gotapi_plugin.h",
     (const unsigned char[]){
#embed "../../PluginSDK/include/gotapi_plugin.h" suffix(, )
         0}},
    {"c", "sdk/gotapi.h", "c/gotapi.h",
     (const unsigned char[]){
#embed "../../PluginSDK/c/gotapi.h" suffix(, )
         0}},
    {"c", "sdk/gotapi_members.h", "c/gotapi_members.h",
     (const unsigned char[]){
#embed "../../PluginSDK/c/gotapi_members.h" suffix(, )
         0}},
    {"c", "sdk/exports.map", "c/exports.map",
     (const unsigned char[]){
#embed "../../PluginSDK/c/exports.map" suffix(, )
         0}},
    {"cpp", ".gitignore", "templates/cpp/.gitignore",
     (const unsigned char[]){
#embed "../../PluginSDK/templates/cpp/.gitignore" suffix(, )
         0}},
    {"cpp", "Makefile", "templates/cpp/Makefile",
     (const unsigned char[]){
#embed "../../PluginSDK/templates/cpp/Makefile" suffix(, )
         0}},
    {"cpp", "README.md", "templates/cpp/README.md",
     (const unsigned char[]){
#embed "../../PluginSDK/templates/cpp/README.md" suffix(, )
         0}},
    {"cpp", "TEMPLATENAME.cpp", "templates/cpp/TEMPLATENAME.cpp",
     (const unsigned char[]){
#embed "../../PluginSDK/templates/cpp/TEMPLATENAME.cpp" suffix(, )
         0}},
    {"cpp", "test/test.cpp", "templates/cpp/test/test.cpp",
     (const unsigned char[]){
#embed "../../PluginSDK/templates/cpp/test/test.cpp" suffix(, )
         0}},
    {"cpp", "sdk/gotapi_plugin.h", "include/gotapi_plugin.h",
     (const unsigned char[]){
#embed "../../PluginSDK/include/gotapi_plugin.h" suffix(, )
         0}},
    {"cpp", "sdk/gotapi.h", "c/gotapi.h",
     (const unsigned char[]){
#embed "../../PluginSDK/c/gotapi.h" suffix(, )
         0}},
    {"cpp", "sdk/gotapi_members.h", "c/gotapi_members.h",
     (const unsigned char[]){
#embed "../../PluginSDK/c/gotapi_members.h" suffix(, )
         0}},
    {"cpp", "sdk/exports.map", "c/exports.map",
     (const unsigned char[]){
#embed "../../PluginSDK/c/exports.map" suffix(, )
         0}},
    {"cpp", "sdk/gotapi.hpp", "cpp/gotapi.hpp",
     (const unsigned char[]){
#embed "../../PluginSDK/cpp/gotapi.hpp" suffix(, )
         0}},
    {"swift", ".gitignore", "templates/swift/.gitignore",
     (const unsigned char[]){
#embed "../../PluginSDK/templates/swift/.gitignore" suffix(, )
         0}},
    {"swift", "Makefile", "templates/swift/Makefile",
     (const unsigned char[]){
#embed "../../PluginSDK/templates/swift/Makefile" suffix(, )
         0}},
    {"swift", "Package.swift", "templates/swift/Package.swift",
     (const unsigned char[]){
#embed "../../PluginSDK/templates/swift/Package.swift" suffix(, )
         0}},
    {"swift", "README.md", "templates/swift/README.md",
     (const unsigned char[]){
#embed "../../PluginSDK/templates/swift/README.md" suffix(, )
         0}},
    {"swift", "Sources/TEMPLATETYPE/Library.swift", "templates/swift/Sources/TEMPLATETYPE/Library.swift",
     (const unsigned char[]){
#embed "../../PluginSDK/templates/swift/Sources/TEMPLATETYPE/Library.swift" suffix(, )
         0}},
    {"swift", "Sources/TEMPLATETYPE/TEMPLATETYPE.swift", "templates/swift/Sources/TEMPLATETYPE/TEMPLATETYPE.swift",
     (const unsigned char[]){
#embed "../../PluginSDK/templates/swift/Sources/TEMPLATETYPE/TEMPLATETYPE.swift" suffix(, )
         0}},
    {"swift", "test/test.swift", "templates/swift/test/test.swift",
     (const unsigned char[]){
#embed "../../PluginSDK/templates/swift/test/test.swift" suffix(, )
         0}},
    {"swift", "sdk/exports.map", "c/exports.map",
     (const unsigned char[]){
#embed "../../PluginSDK/c/exports.map" suffix(, )
         0}},
    {"swift", "sdk/CGotAPIPlugin/module.modulemap", "include/module.modulemap",
     (const unsigned char[]){
#embed "../../PluginSDK/include/module.modulemap" suffix(, )
         0}},
    {"swift", "sdk/CGotAPIPlugin/gotapi_plugin.h", "include/gotapi_plugin.h",
     (const unsigned char[]){
#embed "../../PluginSDK/include/gotapi_plugin.h" suffix(, )
         0}},
    {"swift", "sdk/GotAPIPlugin/Answer.swift", "swift/Answer.swift",
     (const unsigned char[]){
#embed "../../PluginSDK/swift/Answer.swift" suffix(, )
         0}},
    {"swift", "sdk/GotAPIPlugin/Host.swift", "swift/Host.swift",
     (const unsigned char[]){
#embed "../../PluginSDK/swift/Host.swift" suffix(, )
         0}},
    {"swift", "sdk/GotAPIPlugin/JSON.swift", "swift/JSON.swift",
     (const unsigned char[]){
#embed "../../PluginSDK/swift/JSON.swift" suffix(, )
         0}},
    {"swift", "sdk/GotAPIPlugin/Plugin.swift", "swift/Plugin.swift",
     (const unsigned char[]){
#embed "../../PluginSDK/swift/Plugin.swift" suffix(, )
         0}},
    {"swift", "sdk/GotAPIPlugin/PluginActor.swift", "swift/PluginActor.swift",
     (const unsigned char[]){
#embed "../../PluginSDK/swift/PluginActor.swift" suffix(, )
         0}},
    {"swift", "sdk/GotAPIPlugin/PluginExport.swift", "swift/PluginExport.swift",
     (const unsigned char[]){
#embed "../../PluginSDK/swift/PluginExport.swift" suffix(, )
         0}},
    {"swift", "sdk/GotAPIPlugin/PluginInformation.swift", "swift/PluginInformation.swift",
     (const unsigned char[]){
#embed "../../PluginSDK/swift/PluginInformation.swift" suffix(, )
         0}},
    {"swift", "sdk/GotAPIPlugin/PluginInstance.swift", "swift/PluginInstance.swift",
     (const unsigned char[]){
#embed "../../PluginSDK/swift/PluginInstance.swift" suffix(, )
         0}},
    {"swift", "sdk/GotAPIPlugin/Request.swift", "swift/Request.swift",
     (const unsigned char[]){
#embed "../../PluginSDK/swift/Request.swift" suffix(, )
         0}},
    {"swift", "sdk/GotAPIPlugin/Status.swift", "swift/Status.swift",
     (const unsigned char[]){
#embed "../../PluginSDK/swift/Status.swift" suffix(, )
         0}},
    {"swift", "sdk/GotAPIPlugin/Subscription.swift", "swift/Subscription.swift",
     (const unsigned char[]){
#embed "../../PluginSDK/swift/Subscription.swift" suffix(, )
         0}},
    {"rust", ".gitignore", "templates/rust/.gitignore",
     (const unsigned char[]){
#embed "../../PluginSDK/templates/rust/.gitignore" suffix(, )
         0}},
    {"rust", "Cargo.toml", "templates/rust/Cargo.toml",
     (const unsigned char[]){
#embed "../../PluginSDK/templates/rust/Cargo.toml" suffix(, )
         0}},
    {"rust", "Makefile", "templates/rust/Makefile",
     (const unsigned char[]){
#embed "../../PluginSDK/templates/rust/Makefile" suffix(, )
         0}},
    {"rust", "README.md", "templates/rust/README.md",
     (const unsigned char[]){
#embed "../../PluginSDK/templates/rust/README.md" suffix(, )
         0}},
    {"rust", "rustfmt.toml", "templates/rust/rustfmt.toml",
     (const unsigned char[]){
#embed "../../PluginSDK/templates/rust/rustfmt.toml" suffix(, )
         0}},
    {"rust", "src/abi.rs", "templates/rust/src/abi.rs",
     (const unsigned char[]){
#embed "../../PluginSDK/templates/rust/src/abi.rs" suffix(, )
         0}},
    {"rust", "src/gotapi.rs", "templates/rust/src/gotapi.rs",
     (const unsigned char[]){
#embed "../../PluginSDK/templates/rust/src/gotapi.rs" suffix(, )
         0}},
    {"rust", "src/lib.rs", "templates/rust/src/lib.rs",
     (const unsigned char[]){
#embed "../../PluginSDK/templates/rust/src/lib.rs" suffix(, )
         0}},
    {"rust", "test/test.rs", "templates/rust/test/test.rs",
     (const unsigned char[]){
#embed "../../PluginSDK/templates/rust/test/test.rs" suffix(, )
         0}},
};

const plugin_template_file *plugin_template_file_at(uint64_t index) {
    return index < sizeof files / sizeof files[0] ? &files[index] : NULL;
}
