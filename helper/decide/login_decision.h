// What a login does, as tables: first without, then with an answer of the store. Pure.
#pragma once

namespace claude_auth {

/// The local login of a user, as DESIGN names the states.
enum class LocalLogin {
  valid,
  malformed,
  wiped,
  logged_out,
  lost,
  unreadable,  ///< what lies there proves nothing: never taken for lost
};

/// What the credentials file and the account record show, before it has a name.
struct LoginEvidence {
  enum class File { valid, malformed, wiped, no_login, unreadable } file;
  bool account_removed = false;    ///< .claude.json parses and has no oauthAccount
  bool seen_valid_before = false;  ///< a valid login was seen on this host
};

[[nodiscard]] LocalLogin classify(const LoginEvidence& evidence);

/// Nobody can work with these; a restore may help.
[[nodiscard]] bool needs_help(LocalLogin login);

/// The setup token in the env file.
enum class TokenHere {
  none,
  usable,    ///< our line, not known to be rejected
  rejected,  ///< Claude's API refused it
};

/// What is known before the store is asked.
struct LoginSituation {
  bool enrolled = false;
  bool paused = false;
  TokenHere token = TokenHere::none;
  LocalLogin login = LocalLogin::lost;
  bool superseded = false;     ///< the valid login is one after which a later one was seen here
  bool fresh = false;          ///< the store answered within fresh_for
  bool failed_lately = false;  ///< the store failed within retry_after
};

enum class LoginStep {
  done,              ///< nothing to do
  use_token,         ///< export what the env file has, ask nobody
  ask_store,         ///< ask the store within refresh_timeout
  ask_store_longer,  ///< nothing usable is here: ask within timeout
};

[[nodiscard]] LoginStep first_step(const LoginSituation& situation);

/// The setup token of the store's document, after a successful read.
enum class TokenInStore {
  none,
  bad_shape,  ///< the field is there, but no setup token
  rejected,   ///< its hash is known to be refused
  accepted,   ///< its hash was accepted here, or it is the env file's
  untried,
};

enum class TokenAction {
  withdraw,     ///< not in force: no env file, no variable
  materialize,  ///< write the env file, export
  keep,         ///< in force but untried, and something usable is here: sync tries it first
};

[[nodiscard]] TokenAction token_action(TokenInStore in_store, bool something_usable_here);

}  // namespace claude_auth
