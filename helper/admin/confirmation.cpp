#include "admin/confirmation.h"

#include <cstdio>
#include <iostream>

#include "base/errors.h"

namespace claude_auth {

bool confirm_purge(const std::string& user) {
  const std::string name = printable(user);
  std::fprintf(stderr,
               "The document of %s in Vault will be deleted: backed-up login, setup token, all "
               "versions, and what other tools keep there.\nType the user's name to go on: ",
               name.c_str());
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == user) return true;
  std::fprintf(stderr, "That is not %s: nothing was done.\n", name.c_str());
  return false;
}

}  // namespace claude_auth
