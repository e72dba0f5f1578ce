// claude-auth-store: the only program that speaks to Vault for a user. A child of
// claude-auth-sync: token, settings and requests come over the socket that is its standard input
// (store/store_wire.h), nothing in its arguments or environment. Opens no file of the user.
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "base/secret.h"
#include "store/frame.h"
#include "store/store_wire.h"
#include "vault/kv.h"
#include "vault/sandbox.h"
#include "vault/token.h"
#include "vault/vault_api.h"

namespace claude_auth {
namespace {

using store_wire::Reply;
using store_wire::Request;

constexpr int kSocket = STDIN_FILENO;

/// The next request; nothing where the parent is gone or does not keep to the protocol: then
/// there is nobody to work for.
std::optional<Request> next_request() {
  auto text = receive_frame(kSocket, Deadline::never());
  if (!text) return std::nullopt;
  auto request = store_wire::decode_request(*text);
  wipe(*text);
  if (!request) return std::nullopt;
  return std::move(*request);
}

bool answer(const Reply& reply) {
  std::string text = store_wire::encode(reply);
  const auto sent = send_frame(kSocket, text, Deadline::never());
  wipe(text);
  return sent.has_value();
}

template <typename Value>
Reply reply_of(std::expected<Value, StoreError> result) {
  if (!result) return std::move(result.error());
  return std::move(*result);
}

/// Does what a request after `open` demands.
struct Work {
  VaultApi& api;
  KvStore& document;
  Deadline deadline;

  Reply operator()(const store_wire::OpenRequest&) const {
    return StoreError{StoreErrorKind::garbled, "vault: opened twice", {}};
  }
  Reply operator()(const store_wire::ReadRequest&) const {
    return reply_of(document.read(deadline));
  }
  Reply operator()(const store_wire::WriteRequest& write) const {
    auto version = document.write(*write.fields, write.cas, deadline);
    if (!version) return std::move(version.error());
    return store_wire::Written{*version};
  }
  Reply operator()(const store_wire::LookUpSelfRequest&) const {
    return reply_of(look_up_self(api, deadline));
  }
  Reply operator()(const store_wire::RenewSelfRequest&) const {
    return reply_of(renew_self(api, deadline));
  }
};

bool serve() {
  auto first = next_request();
  auto* const open = first ? std::get_if<store_wire::OpenRequest>(&first->demand) : nullptr;
  if (open == nullptr) return false;
  auto api = VaultApi::open(std::move(open->settings), std::move(open->token));
  if (!api) return answer(std::move(api.error()));
  if (!answer(store_wire::Opened{enter_sandbox(api->settings())})) return false;

  KvStore document(*api);
  while (auto request = next_request()) {
    const Work work{*api, document, Deadline::in(request->remaining)};
    if (!answer(std::visit(work, request->demand))) return false;
    wipe_stack();
  }
  return true;
}

/// claude-auth-sync gives no arguments: who does gets the version or the status of a mistake.
int answer_person(std::string_view argument) {
  if (argument != "--version") return 2;
  std::puts("claude-auth-store " CLAUDE_AUTH_VERSION);
  return 0;
}

}  // namespace
}  // namespace claude_auth

int main(int argc, char** argv) {
  if (argc > 1) return claude_auth::answer_person(argv[1]);
  if (!claude_auth::guard_process()) return 1;
  // Whatever the parent left open: only the socket and the two null devices are ours.
  ::close_range(3, ~0U, 0);
  try {
    claude_auth::end_process(claude_auth::serve() ? 0 : 1);
  } catch (const std::exception&) {
    return 1;
  }
}
