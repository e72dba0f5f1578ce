// The setup token: its shape, its fingerprint, and the env file that carries it to shells and
// `systemd --user` units.
#pragma once

#include <sys/types.h>

#include <expected>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "base/secure_file.h"
#include "pam_claude/login_pipe.h"

namespace claude_auth {

/// DESIGN rule 2: `sk-ant-oat01-[A-Za-z0-9_-]+`, up to 1,024 bytes. The module checks the same.
using login_pipe::is_setup_token;

/// A hash by which state remembers a token (accepted, rejected, verified). Hex.
[[nodiscard]] std::string token_fingerprint(std::string_view token);

/// The env file's one line for `token`. The result holds the secret.
[[nodiscard]] std::string oauth_env_line(const Secret& token);

/// The setup token of the env file's bytes: exactly the one line that `oauth_env_line` writes (the
/// last newline may be missing); anything else is an empty Secret.
[[nodiscard]] Secret parse_oauth_env(std::string_view bytes);

/// Reads the env file. An absent file, and one that does not hold exactly our line, is an empty
/// Secret; a file that may not be trusted (symlink, FIFO, foreign, too open) is an error.
[[nodiscard]] std::expected<Secret, FileError> read_oauth_env(const std::string& path, uid_t owner);

}  // namespace claude_auth
