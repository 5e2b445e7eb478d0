// Swift GotAPI · SPDX-License-Identifier: MIT

#ifndef C_PLUGIN_TEMPLATES_H
#define C_PLUGIN_TEMPLATES_H

#include <stddef.h>
#include <stdint.h>

/// A file of the projects that `gotapi plugin new` writes: a template of PluginSDK/templates, or a part of the SDK that goes
/// along. Its texts are constants of the program.
typedef struct plugin_template_file {
    /// "c", "cpp", "swift" or "rust"; ended by NUL.
    const char *_Nonnull language;
    /// Where it goes in the project; ended by NUL.
    const char *_Nonnull path;
    /// Where it comes from in PluginSDK; ended by NUL.
    const char *_Nonnull source;
    /// What is in it: UTF-8, ended by NUL.
    const unsigned char *_Nonnull text;
} plugin_template_file;

/// The files one after another, from 0; NULL behind the last. From any thread.
const plugin_template_file *_Nullable plugin_template_file_at(uint64_t index);

#endif
