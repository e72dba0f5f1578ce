#include "claude/oauth_env.h"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "pam_claude/login_pipe.h"

namespace claude_auth {
namespace {

constexpr std::size_t kFingerprintBytes = 16;

std::string assignment() {
  return std::string(login_pipe::kVariable) + "=";
}

bool is_token_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

}  // namespace

bool is_setup_token(std::string_view text) {
  constexpr std::string_view prefix = login_pipe::kTokenPrefix;
  return text.size() > prefix.size() && text.size() <= login_pipe::kMaxToken &&
         text.starts_with(prefix) && std::ranges::all_of(text, is_token_character);
}

std::string token_fingerprint(std::string_view token) {
  std::array<unsigned char, kFingerprintBytes> digest{};
  crypto_generichash(digest.data(), digest.size(),
                     reinterpret_cast<const unsigned char*>(token.data()), token.size(), nullptr,
                     0);
  std::array<char, 2 * kFingerprintBytes + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), digest.data(), digest.size());
  return hex.data();
}

std::string oauth_env_line(const Secret& token) {
  std::string line = assignment();
  line.reserve(line.size() + token.view().size() + 1);
  line += token.view();
  line += '\n';
  return line;
}

Secret parse_oauth_env(std::string_view bytes) {
  const std::string name = assignment();
  if (!bytes.starts_with(name)) return {};
  bytes.remove_prefix(name.size());
  if (bytes.ends_with('\n')) bytes.remove_suffix(1);
  return is_setup_token(bytes) ? Secret::copy_of(bytes) : Secret();
}

std::expected<Secret, FileError> read_oauth_env(const std::string& path, uid_t owner) {
  auto bytes =
      read_small_file(path, {.owner = owner, .forbidden_bits = 0077, .max_bytes = 1 << 16});
  if (!bytes) {
    if (bytes.error().kind == FileErrorKind::absent) return Secret();
    return std::unexpected(bytes.error());
  }
  Secret token = parse_oauth_env(*bytes);
  wipe(*bytes);
  return token;
}

}  // namespace claude_auth
