#include "claude/credentials.h"

#include <sodium.h>

#include <array>
#include <cmath>

#include "base/secure_file.h"

namespace claude_auth {
namespace {

constexpr const char* kLoginKey = "claudeAiOauth";
constexpr const char* kInferenceScope = "user:inference";

// .claude.json keeps histories per project; 15 MB ones have been seen in the field.
constexpr std::size_t kMaxClaudeJson = 64U << 20;

// Claude reads a group-readable file; one that others can write is nobody's login.
constexpr mode_t kForeignWrite = 0022;

bool scope_list_allows_inference(const json_t* scopes) {
  if (json_is_array(scopes)) {
    for (std::size_t i = 0; i < json_array_size(scopes); ++i) {
      const char* scope = json_string_value(json_array_get(scopes, i));
      if (scope != nullptr && std::string_view(scope) == kInferenceScope) return true;
    }
    return false;
  }
  const char* text = json_string_value(scopes);
  if (text == nullptr) return false;
  for (std::string_view rest(text); !rest.empty();) {
    const std::size_t end = rest.find(' ');
    if (rest.substr(0, end) == kInferenceScope) return true;
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return false;
}

enum class TokenShape { filled, empty, wrong_type };

TokenShape token_shape(const json_t& login, const char* key) {
  const json_t* token = json_object_get(&login, key);
  if (token == nullptr) return TokenShape::empty;
  if (!json_is_string(token)) return TokenShape::wrong_type;
  return json_string_length(token) == 0 ? TokenShape::empty : TokenShape::filled;
}

CredentialsFile unusable(CredentialsContent content, std::string problem) {
  CredentialsFile file;
  file.content = content;
  file.problem = std::move(problem);
  return file;
}

}  // namespace

LoginShape shape_of(const json_t* login) {
  if (!json_is_object(login)) return LoginShape::malformed;
  const TokenShape access = token_shape(*login, "accessToken");
  const TokenShape refresh = token_shape(*login, "refreshToken");
  if (access == TokenShape::wrong_type || refresh == TokenShape::wrong_type)
    return LoginShape::malformed;
  if (access == TokenShape::empty || refresh == TokenShape::empty) return LoginShape::wiped;
  if (!json_is_number(json_object_get(login, "expiresAt"))) return LoginShape::malformed;
  const json_t* scopes = json_object_get(login, "scopes");
  if (scopes != nullptr && !scope_list_allows_inference(scopes)) return LoginShape::malformed;
  return LoginShape::valid;
}

Generation generation_of(const json_t& login) {
  crypto_generichash_state hash;
  crypto_generichash_init(&hash, nullptr, 0, kGenerationHashBytes);
  for (const char* key : {"accessToken", "refreshToken"}) {
    const json_t* token = json_object_get(&login, key);
    // The terminating NUL parts the two tokens.
    crypto_generichash_update(&hash,
                              reinterpret_cast<const unsigned char*>(json_string_value(token)),
                              json_string_length(token) + 1);
  }
  std::array<unsigned char, kGenerationHashBytes> digest{};
  crypto_generichash_final(&hash, digest.data(), digest.size());
  sodium_memzero(&hash, sizeof hash);
  std::array<char, 2 * kGenerationHashBytes + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), digest.data(), digest.size());

  const double expires_at = json_number_value(json_object_get(&login, "expiresAt"));
  // Beyond 2^53 a double is no count of milliseconds any more.
  const bool countable = std::isfinite(expires_at) && std::fabs(expires_at) < 9007199254740992.0;
  return {.hash = hex.data(),
          .expires_at_ms = countable ? static_cast<std::int64_t>(expires_at) : 0};
}

std::optional<std::int64_t> refresh_token_expires_at_ms(const json_t& login) {
  const auto end = instant_member(&login, "refreshTokenExpiresAt");
  if (!end) return std::nullopt;
  return end->time_since_epoch().count();
}

const json_t* CredentialsFile::login() const {
  return content == CredentialsContent::valid ? json_object_get(root.get(), kLoginKey) : nullptr;
}

CredentialsFile parse_credentials(std::string_view bytes, const std::string& path) {
  auto root = parse_object(bytes);
  if (!root && root.error() == JsonError::not_exact)
    return unusable(
        CredentialsContent::unreadable,
        path + " holds a number or a duplicate key that a rewrite would change; it is left alone");
  if (!root)
    return unusable(CredentialsContent::malformed, path + " is not a JSON object (truncated?)");

  CredentialsFile file;
  file.root = std::move(*root);
  const json_t* login = json_object_get(file.root.get(), kLoginKey);
  if (login == nullptr) {
    file.content = CredentialsContent::no_login;
    return file;
  }
  switch (shape_of(login)) {
    case LoginShape::valid:
      file.content = CredentialsContent::valid;
      break;
    case LoginShape::wiped:
      file.content = CredentialsContent::wiped;
      break;
    case LoginShape::malformed:
      file.content = CredentialsContent::malformed;
      file.problem = path + " has a claudeAiOauth of wrong types";
      break;
  }
  return file;
}

CredentialsFile read_credentials(const std::string& path, uid_t owner) {
  auto target = replacement_target(path, owner);
  if (!target) return unusable(CredentialsContent::unreadable, target.error().sentence());

  auto bytes = read_small_file(
      *target, {.owner = owner, .forbidden_bits = kForeignWrite, .max_bytes = kMaxCredentials});
  CredentialsFile file;
  if (bytes) {
    file = parse_credentials(*bytes, path);
  } else if (bytes.error().kind == FileErrorKind::absent) {
    file.content = CredentialsContent::absent;
  } else {
    const bool oversized = bytes.error().kind == FileErrorKind::too_big;
    file = unusable(oversized ? CredentialsContent::malformed : CredentialsContent::unreadable,
                    bytes.error().sentence());
  }
  file.target = std::move(*target);
  return file;
}

std::string with_login(const json_t* root, const json_t& login) {
  const Json merged = root != nullptr ? deep_copy(root) : new_object();
  json_object_set_new(merged.get(), kLoginKey, deep_copy(&login).release());
  return dump(merged.get());
}

std::string without_login(const json_t& root) {
  const Json rest = deep_copy(&root);
  json_object_del(rest.get(), kLoginKey);
  return json_object_size(rest.get()) == 0 ? "" : dump(rest.get());
}

AccountRecord read_account_record(const std::string& claude_json, uid_t owner) {
  auto bytes = read_small_file(claude_json,
                               {.owner = owner, .forbidden_bits = 0, .max_bytes = kMaxClaudeJson});
  if (!bytes) return AccountRecord::unknown;
  const auto root = parse_object(*bytes);
  if (!root) return AccountRecord::unknown;
  return json_object_get(root->get(), "oauthAccount") != nullptr ? AccountRecord::present
                                                                 : AccountRecord::removed;
}

}  // namespace claude_auth
