# Swift GotAPI · SPDX-License-Identifier: MIT
#
# What the fixtures' Makefiles share: how a C plug-in is built. Where they set NAME, it is built from NAME.c.
#
#   make [OUTPUT=folder] [CC=clang]    leaves libgotapi-plugin-NAME.so in the folder, "." if none is given

# Before all other targets, so that it is what `make` makes.
all:

FIXTURES := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
SDK ?= $(FIXTURES)/../../../PluginSDK
OUTPUT ?= .

HEADERS := $(SDK)/include/gotapi_plugin.h $(SDK)/c/gotapi.h $(SDK)/c/gotapi_members.h $(FIXTURES)/fixture.h
INPUTS := Makefile $(FIXTURES)/fixture.mk $(HEADERS) $(SDK)/c/exports.map

CPPFLAGS += -I$(SDK)/include -I$(SDK)/c -I$(FIXTURES)
CFLAGS ?= -O2 -g
override CFLAGS += -std=gnu11 -fPIC -fvisibility=hidden -Wall -Wextra -Wpedantic -pthread
override LDFLAGS += -shared
EXPORTS := -Wl,--version-script=$(SDK)/c/exports.map

ifneq ($(NAME),)
all: $(OUTPUT)/libgotapi-plugin-$(NAME).so

$(OUTPUT)/libgotapi-plugin-$(NAME).so: $(NAME).c $(INPUTS)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -DFIXTURE=$(NAME) $(CFLAGS) $(LDFLAGS) $(EXPORTS) -Wl,-z,defs -o $@ $<
endif

.PHONY: all clean
clean:
	$(RM) $(OUTPUT)/libgotapi-plugin-*.so
