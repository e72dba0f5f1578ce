// Formats, cleans and sends the module's log lines.
#include "pam_claude/log.h"

#include <security/pam_ext.h>
#include <stdarg.h>
#include <stdio.h>

namespace claude_auth {
namespace {

void clean(char* text) {
  for (char* c = text; *c != '\0'; ++c) {
    if (*c < ' ' || *c > '~') *c = '?';
  }
}

}  // namespace

Log::Log(const pam_handle_t* pamh, const char* user) : pamh_(pamh) {
  ::snprintf(user_.data(), user_.size(), "%s", user != nullptr ? user : "?");
  clean(user_.data());
}

void Log::line(int level, const char* format, ...) const {
  std::array<char, 512> text{};
  va_list arguments;
  va_start(arguments, format);
  ::vsnprintf(text.data(), text.size(), format, arguments);
  va_end(arguments);
  clean(text.data());
  ::pam_syslog(pamh_, level, "user=%s %s", user_.data(), text.data());
}

}  // namespace claude_auth
