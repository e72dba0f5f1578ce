#include "jobs/finding.h"

#include <cstdio>

#include "base/errors.h"

namespace claude_auth {

void print(const Finding& finding) {
  std::printf("%-5s %s\n", std::string(word(finding.status)).c_str(),
              printable(finding.text, 500).c_str());
}

}  // namespace claude_auth
