// claude/credentials: a login is put into any file, and taken out, with every other key kept.
#include "claude/credentials.h"

#include "fuzz/fuzz.h"

namespace claude_auth {
namespace {

constexpr char kLogin[] =
    R"({"accessToken":"sk-ant-oat01-TEST-a","refreshToken":"sk-ant-ort01-TEST-r","expiresAt":1})";

Json without_the_login(const json_t* root) {
  Json rest = deep_copy(root);
  json_object_del(rest.get(), "claudeAiOauth");
  return rest;
}

void check_rewrites(const json_t* root, const json_t& login) {
  using fuzz::require;
  const auto rest = without_the_login(root);
  const CredentialsFile healed = parse_credentials(with_login(root, login), "FILE");
  require(healed.content == CredentialsContent::valid, "a file with a login put in is valid");
  require(json_equal(without_the_login(healed.root.get()).get(), rest.get()) == 1,
          "a login put in changes no other key");
  require(generation_of(*healed.login()).hash == generation_of(login).hash,
          "the login put in is the one that was given");
  const std::string left = without_login(*root);
  if (left.empty()) return require(json_object_size(rest.get()) == 0, "no key is dropped");
  const auto left_root = parse_object(left);
  require(left_root && json_equal(left_root->get(), rest.get()) == 1,
          "a login taken out changes no other key");
}

}  // namespace

void fuzz::take(std::string_view input) {
  const CredentialsFile file = parse_credentials(input, "FILE");
  const bool explains = file.content == CredentialsContent::malformed ||
                        file.content == CredentialsContent::unreadable;
  if (explains) require_sentence(file.problem);
  if (!file.root) return;
  const auto made_up = parse_object(kLogin);
  check_rewrites(file.root.get(), **made_up);
  if (file.login() == nullptr) return;
  check_rewrites(file.root.get(), *file.login());
  static_cast<void>(refresh_token_expires_at_ms(*file.login()));
}

}  // namespace claude_auth
