#include "claude/oauth_env.h"

#include <sodium.h>

#include <array>

#include "pam_claude/login_pipe.h"

namespace claude_auth {
namespace {

constexpr std::size_t kFingerprintBytes = 16;

std::string assignment() {
  return std::string(login_pipe::kVariable) + "=";
}

}  // namespace

std::string token_fingerprint(std::string_view token) {
  std::array<unsigned char, kFingerprintBytes> digest{};
  // In one call it would leave its state, and the token in it, on the stack.
  crypto_generichash_state hash;
  crypto_generichash_init(&hash, nullptr, 0, digest.size());
  crypto_generichash_update(&hash, reinterpret_cast<const unsigned char*>(token.data()),
                            token.size());
  crypto_generichash_final(&hash, digest.data(), digest.size());
  sodium_memzero(&hash, sizeof hash);
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
  return login_pipe::is_setup_token(bytes) ? Secret::copy_of(bytes) : Secret();
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
