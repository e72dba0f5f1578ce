#include "base/errors.h"

#include <cstring>

namespace claude_auth {

std::string errno_text(int error) {
  const char* text = ::strerrordesc_np(error);
  return text != nullptr ? text : "error " + std::to_string(error);
}

std::string printable(std::string_view text, std::size_t max_length) {
  std::string result(text.substr(0, max_length));
  for (char& byte : result) {
    if (byte < ' ' || byte > '~') byte = '?';
  }
  return result;
}

}  // namespace claude_auth
