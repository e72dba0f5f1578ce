// The user's document: the fields that are ours (a public contract) and how they are changed.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"
#include "claude/generations.h"
#include "decide/restore_decision.h"
#include "jobs/context.h"
#include "jobs/stamps.h"
#include "store/store.h"

namespace claude_auth {

/// A read-only view of one document.
class Document {
 public:
  /// `stored` is borrowed.
  explicit Document(const StoredDocument& stored);

  [[nodiscard]] RestoreSituation::Document login_state() const { return login_state_; }
  /// The generation of a valid login.
  [[nodiscard]] const std::optional<Generation>& generation() const { return generation_; }
  /// The `claudeAiOauth` object, parsed for this caller, so that its tokens lie about no longer
  /// than he needs them; null unless it is valid.
  [[nodiscard]] Json login() const;
  /// The text of `setup_token`; empty where there is none. Not checked for shape.
  [[nodiscard]] std::string_view setup_token() const;
  [[nodiscard]] std::optional<Instant> setup_token_stored_at() const;
  [[nodiscard]] std::string_view backed_up_by() const;
  [[nodiscard]] std::optional<Instant> backed_up_at() const;

  /// Rule 6: the login is another host's. A document without the field counts as ours.
  [[nodiscard]] bool is_of_other_host(const std::string& host) const;

 private:
  const json_t* fields_;
  std::optional<Generation> generation_;
  RestoreSituation::Document login_state_ = RestoreSituation::Document::none;
};

/// Rule 2: the document has a setup token of the right shape that is not known to be rejected.
[[nodiscard]] bool setup_token_in_force(const Document& document, const Stamps& stamps);

/// What a person does about a rejected one: a sentence for the log.
inline constexpr char kRejectedToken[] =
    "the setup token in the store is rejected by Claude and not used: make a new one with "
    "`claude setup-token`, then `claude-auth-sync setup-token set`";

/// The document's new fields with `login` backed up by `host` at `now`; every other key kept.
[[nodiscard]] Json with_backup(const StoredDocument& stored, const json_t& login,
                               const std::string& host, Instant now);

/// The new fields with only the time of the backup moved to `now`.
[[nodiscard]] Json with_backup_time(const StoredDocument& stored, Instant now);

/// What a person is told whose text is no setup token.
inline constexpr char kNoSetupToken[] =
    "that is no setup token: one begins with sk-ant-oat01- and has only letters, digits, - and _ "
    "after it; `claude setup-token` makes one";

/// The new fields with `token` as setup token, stored at `now`; null where it is there already,
/// with its date.
[[nodiscard]] Json with_setup_token(const StoredDocument& stored, const Secret& token, Instant now);

/// The new fields with the setup token's year counted from `now`: for one that was put in by hand.
[[nodiscard]] Json with_setup_token_date(const StoredDocument& stored, Instant now);

/// The new fields without a setup token; null where there is none.
[[nodiscard]] Json without_setup_token(const StoredDocument& stored);

}  // namespace claude_auth
