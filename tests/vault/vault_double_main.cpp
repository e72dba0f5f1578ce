// vault-double: the Vault double as a program, for the demo, the end-to-end tests and benches.
//
//   vault-double [--port N] [--unix PATH] [--root-token TOKEN] [--tls --ca-out FILE]
//
// Prints its address on one line once it answers, and runs until TERM or INT. --tls makes an
// authority and a certificate for localhost and 127.0.0.1; --ca-out is where the authority's
// certificate is written. Faults are scripted by POST and DELETE of sys/double/fault (fault.h);
// GET sys/double/stats counts requests, those that could change anything (writes), and connections;
// clock and node state: vault_double.h.
#include <getopt.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "double_server.h"

using claude_auth::testing::CertificateAuthority;
using claude_auth::testing::DoubleServer;
using claude_auth::testing::ServerOptions;

namespace {

struct Arguments {
  ServerOptions server;
  bool tls = false;
  std::string ca_out;
};

Arguments parse(int argc, char** argv) {
  static const option kOptions[] = {
      {"port", required_argument, nullptr, 'p'},       {"unix", required_argument, nullptr, 'u'},
      {"root-token", required_argument, nullptr, 'r'}, {"tls", no_argument, nullptr, 't'},
      {"ca-out", required_argument, nullptr, 'c'},     {nullptr, 0, nullptr, 0}};
  Arguments arguments;
  for (;;) {
    const int option = ::getopt_long(argc, argv, "", kOptions, nullptr);
    if (option == -1) return arguments;
    if (option == 'p') {
      arguments.server.port = static_cast<unsigned short>(std::strtoul(optarg, nullptr, 10));
    } else if (option == 'u') {
      arguments.server.unix_socket = optarg;
    } else if (option == 'r') {
      arguments.server.root_token = optarg;
    } else if (option == 't') {
      arguments.tls = true;
    } else if (option == 'c') {
      arguments.ca_out = optarg;
    } else {
      std::exit(2);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &ending, nullptr);

  Arguments arguments = parse(argc, argv);
  if (arguments.tls) {
    const CertificateAuthority authority;
    arguments.server.tls = authority.issue({});
    if (!arguments.ca_out.empty()) std::ofstream(arguments.ca_out) << authority.certificate();
  }
  const DoubleServer server(arguments.server);
  std::printf("%s\n", server.address().c_str());
  std::fflush(stdout);
  int signal = 0;
  return ::sigwait(&ending, &signal) == 0 ? 0 : 1;
}
