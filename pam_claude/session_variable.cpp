// pam_putenv(3) for the one variable there is.
#include "pam_claude/session_variable.h"

#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <array>

#include "pam_claude/login_pipe.h"

namespace claude_auth {
namespace {

using login_pipe::kVariable;

bool put(pam_handle_t* pamh, std::string_view value) {
  std::array<char, sizeof kVariable + 1 + login_pipe::kMaxToken> assignment{};
  ::snprintf(assignment.data(), assignment.size(), "%s=%.*s", kVariable,
             static_cast<int>(value.size()), value.data());
  const int result = ::pam_putenv(pamh, assignment.data());
  ::explicit_bzero(assignment.data(), assignment.size());
  return result == PAM_SUCCESS;
}

bool has_value(const char* value) {
  return value != nullptr && *value != '\0';
}

}  // namespace

bool export_token(pam_handle_t* pamh, std::string_view token) {
  return put(pamh, token);
}

bool blank_inherited_token(pam_handle_t* pamh) {
  // Not secure_getenv, which sees nothing in a setuid su: the very host that passes its own on.
  if (!has_value(::pam_getenv(pamh, kVariable)) && !has_value(::getenv(kVariable))) return true;
  return put(pamh, "");
}

}  // namespace claude_auth
