#include "decide/login_words.h"

namespace claude_auth {

const char* word_of(LocalLogin login) {
  switch (login) {
    case LocalLogin::valid:
      return "valid";
    case LocalLogin::malformed:
      return "malformed";
    case LocalLogin::wiped:
      return "wiped";
    case LocalLogin::logged_out:
      return "logged_out";
    case LocalLogin::lost:
      return "lost";
    case LocalLogin::unreadable:
      break;
  }
  return "unreadable";
}

}  // namespace claude_auth
