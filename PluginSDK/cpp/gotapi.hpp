// Swift GotAPI · SPDX-License-Identifier: MIT
//
// The C++17 layer over gotapi_plugin.h: a class for the plug-in, owners for messages and subscriptions, closures for
// timers, and a border that no exception crosses. Header-only; compile with -I for PluginSDK/include, PluginSDK/c and
// PluginSDK/cpp, and with g++ also with -fno-gnu-unique (else the gateway refuses the library in its own process).
//
//     class Thermometer : public gotapi::Plugin {
//     public:
//         explicit Thermometer(gotapi::Host host) : Plugin(host) {}  // opens the device; an exception: not started
//         void on_message(gotapi::Message message) override {
//             message.answer(gotapi::Members().number("celsius", 21.5));
//         }
//     };
//     GOTAPI_CPP_PLUGIN(Thermometer, "com.example.thermo", 0, "Thermometer", "1.0.0", "Example Ltd.", services)
//
// Everything runs on the plug-in thread, one call after another, unless its comment says [any thread].
#ifndef GOTAPI_HPP
#define GOTAPI_HPP

#include "gotapi.h"

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace gotapi {

/// A status that is no result but a failure: what subscribe, start_timer and call_on_plugin_thread throw.
class Error : public std::runtime_error {
public:
    Error(const char *what, gotapi_status status)
        : std::runtime_error(std::string(what) + ": " + describe(status)), status_(status) {}

    gotapi_status status() const noexcept { return status_; }

    /// What a status means, in words.
    static const char *describe(gotapi_status status) noexcept {
        switch (status) {
#define XX(name, value, text)                                                                                          \
    case value: return text;
            GOTAPI_STATUS_MAP(XX)
#undef XX
        default: return "the plug-in's own status";
        }
    }

private:
    gotapi_status status_;
};

/// A JSON object under construction: an answer's or a push's members, or an object inside one.
class Members {
public:
    Members &text(std::string_view name, std::string_view value) {
        begin(name);
        append_text(value);
        return *this;
    }

    Members &integer(std::string_view name, std::int64_t value) {
        char number[GOTAPI_JSON_NUMBER_SIZE];
        begin(name);
        json_.append(number, gotapi_json_integer(number, value));
        return *this;
    }

    /// null for infinities and NaN, which JSON does not have.
    Members &number(std::string_view name, double value) {
        char number[GOTAPI_JSON_NUMBER_SIZE];
        begin(name);
        json_.append(number, gotapi_json_double(number, value));
        return *this;
    }

    Members &boolean(std::string_view name, bool value) { return json(name, value ? "true" : "false"); }

    Members &null(std::string_view name) { return json(name, "null"); }

    Members &object(std::string_view name, const Members &members) { return json(name, members.json()); }

    /// A JSON value that is there already; the gateway checks it.
    Members &json(std::string_view name, std::string_view value) {
        begin(name);
        json_.append(value);
        return *this;
    }

    std::string json() const { return json_ + "}"; }

private:
    void begin(std::string_view name) {
        if (json_.size() > 1) json_ += ',';
        append_text(name);
        json_ += ':';
    }

    void append_text(std::string_view text) {
        const std::size_t start = json_.size();
        json_.resize(start + gotapi_json_text(nullptr, 0, text.data(), text.size()));
        gotapi_json_text(&json_[start], json_.size() - start, text.data(), text.size());
    }

    std::string json_ = "{";
};

/// A timer that start_timer made. It runs on, whatever becomes of this handle.
class Timer {
public:
    Timer() noexcept = default;
    Timer(const gotapi_host *host, gotapi_timer handle) noexcept : host_(host), handle_(handle) {}

    /// Its closure is not called again.
    void stop() noexcept {
        if (host_ != nullptr) host_->stop_timer(host_, handle_);
        host_ = nullptr;
    }

private:
    const gotapi_host *host_ = nullptr;
    gotapi_timer handle_ = 0;
};

namespace detail {

// What a timer's or a call's user pointer points to: one allocation, deleted with the last call.
struct Task {
    std::function<void()> run;
    bool runs_once;
};

} // namespace detail

/// The gateway's side. A small value: copy it as you like.
class Host {
public:
    explicit Host(const gotapi_host *host) noexcept : host_(host) {}

    /// The table itself, for what this layer does not cover.
    const gotapi_host *get() const noexcept { return host_; }

    /// Writes one line; `level` is one of GOTAPI_LOG_… [any thread]
    void log(std::uint32_t level, std::string_view text) const noexcept {
        host_->log(host_, level, text.data(), text.size());
    }

    /// The owner's `config` for this plug-in, as JSON. Valid until the plug-in is destroyed. [any thread]
    std::string_view config() const noexcept { return read(host_->config); }

    /// A folder of the plug-in's own, kept across updates. A NUL follows the text. As config. [any thread]
    std::string_view data_directory() const noexcept { return read(host_->data_directory); }

    /// The folder that the library came in, or empty. A NUL follows the text. As config. [any thread]
    std::string_view resource_directory() const noexcept { return read(host_->resource_directory); }

    /// Calls `action` after `delay` milliseconds, and then, where `interval` is not 0, every `interval` milliseconds
    /// until the timer or the plug-in is stopped.
    Timer start_timer(std::uint64_t delay, std::uint64_t interval, std::function<void()> action) const {
        auto task = std::make_unique<detail::Task>(detail::Task{std::move(action), interval == 0});
        gotapi_timer timer = 0;
        const gotapi_status status = host_->start_timer(host_, delay, interval, task.get(), &timer);
        if (status != GOTAPI_OK) throw Error("start_timer", status);
        task.release(); // on_timer's, whose last call deletes it
        return Timer(host_, timer);
    }

    /// Has `action` called on the plug-in thread; it is dropped where the plug-in stops first. [any thread]
    void call_on_plugin_thread(std::function<void()> action) const {
        auto task = std::make_unique<detail::Task>(detail::Task{std::move(action), true});
        const gotapi_status status = host_->call_on_plugin_thread(host_, task.get());
        if (status != GOTAPI_OK) throw Error("call_on_plugin_thread", status);
        task.release(); // on_call's
    }

    /// Says that the services are not what they were: on_service_discovery is asked. [any thread]
    void services_changed() const noexcept { host_->services_changed(host_); }

private:
    template <class Function> std::string_view read(Function function) const noexcept {
        const char *text = nullptr;
        std::uint64_t length = 0;
        if (function(host_, &text, &length) != GOTAPI_OK || text == nullptr) return {};
        return {text, length};
    }

    const gotapi_host *host_;
};

/// The right to push to one client in the name of one of its requests. Ends with this object. [any thread]
class Subscription {
public:
    Subscription() noexcept = default;
    /// Takes over one reference.
    Subscription(const gotapi_host *host, gotapi_subscription handle) noexcept : host_(host), handle_(handle) {}
    Subscription(Subscription &&other) noexcept
        : host_(std::exchange(other.host_, nullptr)), handle_(std::exchange(other.handle_, 0)) {}
    Subscription &operator=(Subscription other) noexcept {
        std::swap(host_, other.host_);
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Subscription() {
        if (host_ != nullptr) host_->release(host_, handle_);
    }

    /// What on_unsubscribed names; 0 where this object is empty.
    gotapi_subscription handle() const noexcept { return handle_; }

    /// GOTAPI_OK: on its way. GOTAPI_DROPPED: the client has no socket just now. GOTAPI_FULL: try again later.
    /// GOTAPI_CLOSED: the subscription is over.
    gotapi_status push(const Members &members) const {
        if (host_ == nullptr) return GOTAPI_CLOSED;
        const std::string json = members.json();
        return host_->push_message(host_, handle_, json.data(), json.size());
    }

private:
    const gotapi_host *host_ = nullptr;
    gotapi_subscription handle_ = 0;
};

/// A message that awaits its answer. Move it to where it will be answered; an object that goes out of scope unanswered
/// lets the application have an error (code 1). Texts are valid as long as the object lives. [any thread]
class Message {
public:
    /// Takes over one reference.
    Message(const gotapi_host *host, gotapi_message handle) noexcept : host_(host), handle_(handle) {}
    Message(Message &&other) noexcept
        : host_(std::exchange(other.host_, nullptr)), handle_(std::exchange(other.handle_, 0)) {}
    Message &operator=(Message other) noexcept {
        std::swap(host_, other.host_);
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Message() {
        if (host_ != nullptr) host_->release(host_, handle_);
    }

    /// What on_expired names; 0 where this object was moved from.
    gotapi_message handle() const noexcept { return handle_; }

    /// "get", "post", "put" or "delete"
    std::string_view method() const noexcept { return host_ == nullptr ? "" : view(gotapi_get_method(host_, handle_)); }
    std::string_view service_id() const noexcept { return field(GOTAPI_FIELD_SERVICE_ID); }
    std::string_view profile() const noexcept { return field(GOTAPI_FIELD_PROFILE); }
    std::string_view attribute() const noexcept { return field(GOTAPI_FIELD_ATTRIBUTE); }
    /// The application's origin, or empty.
    std::string_view origin() const noexcept { return field(GOTAPI_FIELD_PACKAGE); }
    /// The same for all messages of one client, as long as it is approved.
    std::string_view client_id() const noexcept { return field(GOTAPI_FIELD_CLIENT_ID); }

    /// One of GOTAPI_FIELD_…
    std::string_view field(std::uint32_t field) const noexcept {
        return host_ == nullptr ? "" : view(gotapi_get_field(host_, handle_, field));
    }

    /// Nothing where the request has no such parameter, which is not the same as an empty one.
    std::optional<std::string_view> parameter(const char *name) const noexcept {
        if (host_ == nullptr) return std::nullopt;
        const gotapi_text text = gotapi_get_parameter(host_, handle_, name);
        if (text.bytes == nullptr) return std::nullopt;
        return view(text);
    }

    /// Reads a number into `value`, which only GOTAPI_OK changes. GOTAPI_NOT_FOUND: no such parameter.
    /// GOTAPI_INVALID_ARGUMENT: no number, or out of range.
    gotapi_status parameter(const char *name, std::int64_t minimum, std::int64_t maximum,
                            std::int64_t &value) const noexcept {
        return host_ == nullptr ? GOTAPI_CLOSED : gotapi_get_integer(host_, handle_, name, minimum, maximum, &value);
    }
    gotapi_status parameter(const char *name, double minimum, double maximum, double &value) const noexcept {
        return host_ == nullptr ? GOTAPI_CLOSED : gotapi_get_double(host_, handle_, name, minimum, maximum, &value);
    }

    /// Milliseconds until an answer no longer counts.
    std::uint64_t time_left() const noexcept {
        std::uint64_t milliseconds = 0;
        if (host_ != nullptr) host_->time_left(host_, handle_, &milliseconds);
        return milliseconds;
    }

    /// Is the request repeated to create a subscription again? Then start the events, but repeat no command.
    bool is_replay() const noexcept {
        std::uint32_t replay = 0;
        if (host_ != nullptr) host_->is_replay(host_, handle_, &replay);
        return replay != 0;
    }

    /// The one answer. GOTAPI_OK; GOTAPI_ALREADY_ANSWERED: the first one stands; GOTAPI_CLOSED: too late.
    gotapi_status answer(const Members &members = Members()) const {
        if (host_ == nullptr) return GOTAPI_CLOSED;
        const std::string json = members.json();
        return host_->return_message(host_, handle_, json.data(), json.size());
    }

    /// The one answer, an error: a number above 0, a sentence for people, and more members if you like.
    gotapi_status answer_error(std::int64_t result, std::string_view text, Members members = Members()) const {
        return answer(members.integer("result", result).text("errorMessage", text));
    }

    /// The answer to on_client_id or on_access_token that keeps the application out.
    gotapi_status refuse(std::string_view reason) const {
        return answer(Members().boolean("accept", false).text("errorMessage", reason));
    }

    /// Lets this request's client be pushed to. Before the answer.
    Subscription subscribe() const {
        gotapi_subscription subscription = 0;
        const gotapi_status status =
            host_ == nullptr ? GOTAPI_CLOSED : host_->subscribe(host_, handle_, &subscription);
        if (status != GOTAPI_OK) throw Error("subscribe", status);
        return Subscription(host_, subscription);
    }

private:
    static std::string_view view(gotapi_text text) noexcept {
        return text.bytes == nullptr ? std::string_view() : std::string_view(text.bytes, text.length);
    }

    const gotapi_host *host_;
    gotapi_message handle_;
};

/// What a plug-in derives from. Its constructor, which takes a Host, opens the device, and its destructor closes it and
/// ends the plug-in's own threads, within 2 s. Overrides are public. An exception that leaves one is logged; the
/// message that it was about then gets an error.
class Plugin {
public:
    explicit Plugin(Host host) noexcept : host_(host) {}
    Plugin(const Plugin &) = delete;
    Plugin &operator=(const Plugin &) = delete;
    virtual ~Plugin() = default;

    /// A request.
    virtual void on_message(Message message) = 0;
    /// Which services are there? Without an override, those of the descriptor.
    virtual void on_service_discovery(Message message) { (void)message; }
    /// May this client talk to this plug-in? Without an override, it may; likewise on_access_token.
    virtual void on_client_id(Message message) { (void)message; }
    virtual void on_access_token(Message message) { (void)message; }
    /// Nobody listens to this subscription any more, for one of GOTAPI_REASON_…
    virtual void on_unsubscribed(gotapi_subscription subscription, std::uint32_t reason) {
        (void)subscription;
        (void)reason;
    }
    /// A message that is still held can no longer be answered: drop it.
    virtual void on_expired(gotapi_message message) { (void)message; }

    /// The gateway's side.
    Host host() const noexcept { return host_; }

private:
    Host host_;
};

namespace detail {

// The border: everything that the gateway calls. Nothing is thrown through it.
template <class P> class Border {
    struct Instance {
        Host host;
        std::unique_ptr<Plugin> plugin;
    };

    template <class Body> static bool guarded(Host host, const char *where, Body body) noexcept {
        try {
            body();
            return true;
        } catch (const std::exception &error) {
            gotapi_log(host.get(), GOTAPI_LOG_ERROR, "%s: %s", where, error.what());
        } catch (...) {
            gotapi_log(host.get(), GOTAPI_LOG_ERROR, "%s: an exception", where);
        }
        return false;
    }

    template <void (Plugin::*Handler)(Message)> static void deliver(void *self, gotapi_message handle) noexcept {
        auto *instance = static_cast<Instance *>(self);
        guarded(instance->host, "a message's handler", [&] {
            const gotapi_host *host = instance->host.get();
            const gotapi_status status = host->retain(host, handle);
            if (status != GOTAPI_OK) throw Error("retain", status);
            (instance->plugin.get()->*Handler)(Message(host, handle));
        });
    }

    static void finish(void *self, const char *where, void *user, gotapi_status status) noexcept {
        std::unique_ptr<Task> task(static_cast<Task *>(user));
        if (status == GOTAPI_OK) {
            guarded(static_cast<Instance *>(self)->host, where, [&] { task->run(); });
            if (!task->runs_once) task.release(); // more calls follow
        }
    }

public:
    static gotapi_status start(void *, const gotapi_host *table, void **self) noexcept {
        if (!gotapi_host_fits(table)) return GOTAPI_UNSUPPORTED;
        const Host host(table);
        const bool is_started = guarded(host, "start", [&] {
            *self = new Instance{host, std::make_unique<P>(host)};
        });
        return is_started ? GOTAPI_OK : GOTAPI_FAILED;
    }

    static void stop(void *self) noexcept { delete static_cast<Instance *>(self); }

    static void on_message(void *self, gotapi_message message) noexcept {
        deliver<&Plugin::on_message>(self, message);
    }
    static void on_service_discovery(void *self, gotapi_message message) noexcept {
        deliver<&Plugin::on_service_discovery>(self, message);
    }
    static void on_client_id(void *self, gotapi_message message) noexcept {
        deliver<&Plugin::on_client_id>(self, message);
    }
    static void on_access_token(void *self, gotapi_message message) noexcept {
        deliver<&Plugin::on_access_token>(self, message);
    }
    static void on_unsubscribed(void *self, gotapi_subscription subscription, std::uint32_t reason) noexcept {
        auto *instance = static_cast<Instance *>(self);
        guarded(instance->host, "on_unsubscribed", [&] { instance->plugin->on_unsubscribed(subscription, reason); });
    }
    static void on_message_expired(void *self, gotapi_message message) noexcept {
        auto *instance = static_cast<Instance *>(self);
        guarded(instance->host, "on_expired", [&] { instance->plugin->on_expired(message); });
    }
    static void on_timer(void *self, gotapi_timer, void *user, gotapi_status status) noexcept {
        finish(self, "a timer", user, status);
    }
    static void on_call(void *self, void *user, gotapi_status status) noexcept {
        finish(self, "a call", user, status);
    }

    // The callback, or NULL where P leaves the gateway's own answer as it is.
    template <class Member> static constexpr auto unless_inherited(Member, void (*callback)(void *, gotapi_message)) {
        return std::is_same_v<Member, void (Plugin::*)(Message)> ? nullptr : callback;
    }
};

} // namespace detail
} // namespace gotapi

/// Writes the note, the descriptor and the entry of a plug-in whose class is `type`. At file scope, once in a library,
/// without a semicolon behind it. `id`, `name`, `version` and `vendor` are literals, `services` a constant char array
/// or a literal: a JSON array of service objects.
#define GOTAPI_CPP_PLUGIN(type, id, flags, name, version, vendor, services)                                            \
    GOTAPI_PLUGIN_NOTE(id, flags)                                                                                      \
    static const gotapi_plugin gotapi_plugin_descriptor_ = {                                                           \
        sizeof(gotapi_plugin),                                                                                         \
        flags,                                                                                                         \
        GOTAPI_TEXT(id),                                                                                               \
        GOTAPI_TEXT(name),                                                                                             \
        GOTAPI_TEXT(version),                                                                                          \
        GOTAPI_TEXT(vendor),                                                                                           \
        GOTAPI_TEXT(services),                                                                                         \
        nullptr,                                                                                                       \
        gotapi::detail::Border<type>::start,                                                                           \
        gotapi::detail::Border<type>::stop,                                                                            \
        gotapi::detail::Border<type>::unless_inherited(&type::on_service_discovery,                                    \
                                                       gotapi::detail::Border<type>::on_service_discovery),            \
        gotapi::detail::Border<type>::unless_inherited(&type::on_client_id,                                            \
                                                       gotapi::detail::Border<type>::on_client_id),                    \
        gotapi::detail::Border<type>::unless_inherited(&type::on_access_token,                                         \
                                                       gotapi::detail::Border<type>::on_access_token),                 \
        gotapi::detail::Border<type>::on_message,                                                                      \
        gotapi::detail::Border<type>::on_unsubscribed,                                                                 \
        gotapi::detail::Border<type>::on_message_expired,                                                              \
        gotapi::detail::Border<type>::on_timer,                                                                        \
        gotapi::detail::Border<type>::on_call,                                                                         \
        nullptr};                                                                                                      \
    extern "C" const gotapi_plugin *gotapi_plugin_entry(uint32_t host_abi_major, uint32_t) {                           \
        return host_abi_major == GOTAPI_ABI_MAJOR ? &gotapi_plugin_descriptor_ : nullptr;                              \
    }

#endif // GOTAPI_HPP
