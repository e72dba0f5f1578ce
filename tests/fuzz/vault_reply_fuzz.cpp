// vault/: what every reply of a server is taken for; and what claude-auth-store makes of it is
// understood by claude-auth-sync.
#include <charconv>

#include "fuzz/fuzz.h"
#include "store/frame.h"
#include "store/store_wire.h"
#include "vault/kv.h"
#include "vault/mint.h"
#include "vault/policy.h"
#include "vault/server_facts.h"
#include "vault/token.h"

namespace claude_auth {
namespace {

/// "STATUS\n====\nBODY".
HttpReply reply_in(std::string_view input) {
  const auto given = fuzz::pieces(input, 2);
  long status = 200;
  std::from_chars(given[0].data(), given[0].data() + given[0].size(), status);
  return {status, given[1], "", {}, {}};
}

void require_understood(store_wire::Reply reply) {
  const std::string text = store_wire::encode(reply);
  if (text.size() > kMaxFrame) return;
  const auto decoded = store_wire::decode_reply(text);
  fuzz::require(decoded.has_value(), "the other side understands a reply");
  fuzz::require(store_wire::encode(*decoded) == text, "and as it was meant");
}

/// Whether it is a success; an error has to be one that can be logged.
template <typename Answer>
bool holds(const std::expected<Answer, StoreError>& answer) {
  if (answer) return true;
  fuzz::require_sentence(answer.error().sentence);
  require_understood(answer.error());
  return false;
}

void check_document(const HttpReply& reply) {
  auto document = document_in(reply, "secret/test");
  if (!holds(document)) return;
  fuzz::require(document->fields || reply.status == 404, "only a 404 proves absence");
  fuzz::require(!document->fields || reply.status == 200, "only a 200 has a document");
  require_understood(std::move(*document));
}

}  // namespace

void fuzz::take(std::string_view input) {
  const HttpReply reply = reply_in(input);
  check_document(reply);
  if (const auto version = version_in(reply, "secret/test"); holds(version))
    require_understood(store_wire::Written{*version});
  if (const auto facts = token_facts_in(reply); holds(facts)) require_understood(*facts);
  if (const auto renewal = renewal_in(reply); holds(renewal)) require_understood(*renewal);
  if (const auto policy = policy_in(reply, "p"); holds(policy))
    require(policy->has_value() || reply.status == 404, "only a 404 proves absence");
  if (const auto token = minted_token_in(reply); holds(token)) {
    require(usable_token(token->token.view()) == token->token.view(), "a token can be a header");
    for (const std::string& warning : token->warnings) require(is_printable(warning), "printable");
  }
  if (const auto health = health_in(reply); holds(health))
    require(is_printable(health->version), "a version can be shown");
  if (const auto mount = mount_in(reply, "secret"); holds(mount) && *mount)
    require(is_printable((*mount)->type), "a type can be shown");
  static_cast<void>(holds(accessor_facts_in(reply)));
  static_cast<void>(holds(revoked_in(reply)));
  static_cast<void>(holds(purged_in(reply, "secret/test")));
  static_cast<void>(holds(check_mount(reply, "secret")));
  static_cast<void>(holds(policy_written_in(reply, "p")));
  static_cast<void>(holds(token_ttls_in(reply)));
  static_cast<void>(holds(token_role_in(reply, "r")));
}

}  // namespace claude_auth
