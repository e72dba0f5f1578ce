// claude/oauth_env and store/token_facts: the files that hold one token each.
#include <string>

#include "claude/oauth_env.h"
#include "fuzz/fuzz.h"
#include "store/token_facts.h"

namespace claude_auth {

void fuzz::take(std::string_view input) {
  const Secret setup_token = parse_oauth_env(input);
  if (!setup_token.empty()) {
    require(is_setup_token(setup_token.view()), "the env file gives setup tokens only");
    const std::string line = oauth_env_line(setup_token);
    require(line == input || line == std::string(input) + '\n', "and holds exactly our line");
    require(line.find('\n') == line.size() - 1 && line.size() <= 1'100, "which is one line");
  }
  if (const auto token = usable_token(input)) {
    require(!token->empty() && token->size() <= kMaxTokenBytes, "a token has a token's length");
    require(is_printable(*token) && !token->contains(' '), "and can stand in a header");
    require(usable_token(*token) == *token, "and is usable by itself");
  }
}

}  // namespace claude_auth
