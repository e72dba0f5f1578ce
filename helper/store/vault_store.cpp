#include "store/vault_store.h"

#include <sys/socket.h>

#include <cerrno>
#include <new>
#include <utility>
#include <variant>

#include "base/errors.h"
#include "store/frame.h"

namespace claude_auth {
namespace {

/// The child stops this long before the deadline, so that its sentence, which knows what it waited
/// for, is heard rather than ours.
constexpr Millis kToReport{20};

/// A child that may end by itself is gone in a millisecond or two.
constexpr Millis kToEnd{50};

/// Longest sentence that is taken from the child: the call, the server's words, the advice.
constexpr std::size_t kMaxSentence = 600;

StoreError unreachable(std::string sentence) {
  return {StoreErrorKind::unreachable, std::move(sentence), {}};
}

StoreError transport_failure(FrameError error) {
  switch (error) {
    case FrameError::timed_out:
      return unreachable("vault: claude-auth-store did not answer in time and was ended");
    case FrameError::oversized:
      return {
          StoreErrorKind::garbled, "vault: the document is too large for claude-auth-store", {}};
    case FrameError::closed:
      break;
  }
  return unreachable("vault: claude-auth-store ended before it answered");
}

StoreError not_understood() {
  return {StoreErrorKind::garbled, "vault: claude-auth-store gave no answer that is one", {}};
}

StoreError not_encoded() {
  return {StoreErrorKind::misconfigured,
          "vault: a setting is not UTF-8, or memory is out; check the section [vault]",
          {}};
}

StoreError not_started(const std::string& program, int error) {
  return {StoreErrorKind::misconfigured,
          "vault: cannot start " + program + ": " + errno_text(error) + "; reinstall the package",
          {}};
}

// Of these an error means that the child is of no more use.

std::expected<void, StoreError> send_request(int socket, store_wire::Demand demand,
                                             Deadline deadline) {
  std::string request;
  try {
    request = store_wire::encode({std::move(demand), deadline.earlier_by(kToReport).remaining()});
  } catch (const std::bad_alloc&) {
    return std::unexpected(not_encoded());
  }
  const auto sent = send_frame(socket, request, deadline);
  wipe(request);
  if (!sent) return std::unexpected(transport_failure(sent.error()));
  return {};
}

std::expected<store_wire::Reply, StoreError> receive_reply(int socket, Deadline deadline) {
  auto text = receive_frame(socket, deadline);
  if (!text) return std::unexpected(transport_failure(text.error()));
  auto reply = store_wire::decode_reply(*text);
  wipe(*text);
  if (!reply) return std::unexpected(not_understood());
  return std::move(*reply);
}

}  // namespace

VaultStore::VaultStore(VaultSettings settings, std::string document_path, Secret token,
                       std::string program)
    : settings_(std::move(settings)), token_(std::move(token)), program_(std::move(program)) {
  settings_.path = std::move(document_path);
}

VaultStore::~VaultStore() {
  socket_.reset();
  // The end of its socket is the child's own end, before which it clears its memory.
  if (child_) static_cast<void>(child_->wait(Deadline::in(kToEnd)));
}

std::expected<StoredDocument, StoreError> VaultStore::read(Deadline deadline) {
  return ask_for<StoredDocument>(store_wire::ReadRequest{}, deadline);
}

std::expected<std::uint64_t, StoreError> VaultStore::write(const json_t& fields, std::uint64_t cas,
                                                           Deadline deadline) {
  auto written =
      ask_for<store_wire::Written>(store_wire::WriteRequest{deep_copy(&fields), cas}, deadline);
  if (!written) return std::unexpected(std::move(written.error()));
  return written->version;
}

std::expected<TokenFacts, StoreError> VaultStore::look_up_self(Deadline deadline) {
  return ask_for<TokenFacts>(store_wire::LookUpSelfRequest{}, deadline);
}

std::expected<Renewal, StoreError> VaultStore::renew_self(Deadline deadline) {
  return ask_for<Renewal>(store_wire::RenewSelfRequest{}, deadline);
}

template <typename Answer>
std::expected<Answer, StoreError> VaultStore::ask_for(store_wire::Demand demand,
                                                      Deadline deadline) {
  if (deadline.earlier_by(kToReport).passed()) {
    return std::unexpected(transport_failure(FrameError::timed_out));
  }
  if (auto ready = make_ready(deadline); !ready) return std::unexpected(std::move(ready.error()));
  auto reply = ask(std::move(demand), deadline);
  if (!reply) return std::unexpected(std::move(reply.error()));
  if (auto* answer = std::get_if<Answer>(&*reply)) return std::move(*answer);
  stop();
  return std::unexpected(not_understood());
}

void VaultStore::start_ahead(Deadline deadline) {
  if (!socket_) static_cast<void>(start(deadline));
}

void VaultStore::expect_no_more() {
  socket_.reset();
}

std::expected<void, StoreError> VaultStore::make_ready(Deadline deadline) {
  if (!socket_) {
    if (auto started = start(deadline); !started) return started;
  }
  if (opened_) return {};
  return await_opened(deadline);
}

std::expected<void, StoreError> VaultStore::start(Deadline deadline) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return std::unexpected(not_started(program_, errno));
  }
  UniqueFd ours(ends[0]);
  Command command{program_, {"claude-auth-store"}, {}, "/", UniqueFd(ends[1])};
  auto child = Child::start(std::move(command), -1, -1);
  if (!child) return std::unexpected(not_started(program_, child.error()));
  child_.emplace(std::move(*child));
  socket_ = std::move(ours);
  opened_ = false;
  auto sent =
      send_request(socket_.get(), store_wire::OpenRequest{settings_, token_.clone()}, deadline);
  if (!sent) stop();
  return sent;
}

std::expected<void, StoreError> VaultStore::await_opened(Deadline deadline) {
  auto reply = take_reply(deadline);
  auto* const opened = reply ? std::get_if<store_wire::Opened>(&*reply) : nullptr;
  if (opened == nullptr) {
    stop();
    return std::unexpected(reply ? not_understood() : std::move(reply.error()));
  }
  warning_ = printable(opened->warning, kMaxSentence);
  opened_ = true;
  return {};
}

void VaultStore::stop() {
  socket_.reset();
  child_.reset();
}

std::expected<store_wire::Reply, StoreError> VaultStore::ask(store_wire::Demand demand,
                                                             Deadline deadline) {
  if (auto sent = send_request(socket_.get(), std::move(demand), deadline); !sent) {
    stop();
    return std::unexpected(std::move(sent.error()));
  }
  return take_reply(deadline);
}

std::expected<store_wire::Reply, StoreError> VaultStore::take_reply(Deadline deadline) {
  auto reply = receive_reply(socket_.get(), deadline);
  if (!reply) {
    stop();
    return reply;
  }
  if (auto* error = std::get_if<StoreError>(&*reply)) {
    error->sentence = printable(error->sentence, kMaxSentence);
    return std::unexpected(std::move(*error));
  }
  return reply;
}

}  // namespace claude_auth
