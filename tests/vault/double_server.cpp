#include "double_server.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <utility>

namespace claude_auth::testing {
namespace {

constexpr std::size_t kHugeBody = std::size_t{100} << 20;

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(1);
}

int listening_socket(const sockaddr* address, socklen_t length) {
  const int fd = ::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || ::bind(fd, address, length) != 0 || ::listen(fd, 128) != 0) give_up("listen");
  return fd;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

MHD_Result collect(void* to, MHD_ValueKind, const char* name, const char* value) {
  auto& values = *static_cast<std::map<std::string, std::string>*>(to);
  values[lower(name)] = value != nullptr ? value : "";
  return MHD_YES;
}

std::map<std::string, std::string> values_of(MHD_Connection* connection, MHD_ValueKind kind) {
  std::map<std::string, std::string> values;
  MHD_get_connection_values(connection, kind, &collect, &values);
  return values;
}

/// The caller's token, whichever header brings it.
std::string token_of(MHD_Connection* connection) {
  constexpr std::string_view kBearer = "Bearer ";
  for (const char* name : {"X-Vault-Token", "Authorization", "X-Api-Key"}) {
    const char* const value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
    std::string_view token = value != nullptr ? value : "";
    if (token.starts_with(kBearer)) token.remove_prefix(kBearer.size());
    if (!token.empty()) return std::string(token);
  }
  return {};
}

/// libmicrohttpd asks for a client's certificate but takes none as well.
bool shows_certificate(MHD_Connection* connection) {
  const MHD_ConnectionInfo* const info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  unsigned status = 0;
  return info != nullptr &&
         gnutls_certificate_verify_peers2(static_cast<gnutls_session_t>(info->tls_session),
                                          &status) == GNUTLS_E_SUCCESS &&
         status == 0;
}

/// A body that is sent in a special way.
struct SlowBody {
  std::string text;
  std::size_t length = 0;  ///< how much of it, real or blank, is sent
  std::size_t step = 0;    ///< at most so much at once
  bool breaks_off = false;
  std::function<bool()> before_each{};  ///< false: break off
};

using Response = std::unique_ptr<MHD_Response, decltype(&MHD_destroy_response)>;

Response whole(const std::string& body) {
  return {MHD_create_response_from_buffer(body.size(), const_cast<char*>(body.data()),
                                          MHD_RESPMEM_MUST_COPY),
          &MHD_destroy_response};
}

}  // namespace

bool SeenRequest::is_write() const {
  return method != "GET" && method != "LIST" && !path.starts_with("auth/token/lookup");
}

struct DoubleServer::Impl {
  ServerOptions options;
  std::string address;
  VaultDouble vault;
  MHD_Daemon* daemon = nullptr;

  mutable std::mutex mutex;
  std::condition_variable stopped;
  bool stopping = false;
  std::vector<Fault> faults;
  std::vector<SeenRequest> seen;
  std::size_t connections = 0;

  explicit Impl(ServerOptions given) : options(std::move(given)), vault(options.root_token) {
    if (!options.handler)
      options.handler = [this](const ApiRequest& request) { return vault.handle(request); };
  }

  /// False where the server stops meanwhile.
  bool pause(Millis span) {
    std::unique_lock lock(mutex);
    return !stopped.wait_for(lock, span, [this] { return stopping; });
  }

  void wait_for_the_end() {
    std::unique_lock lock(mutex);
    stopped.wait(lock, [this] { return stopping; });
  }

  std::optional<Fault> next_fault(const ApiRequest& request) {
    for (auto fault = faults.begin(); fault != faults.end(); ++fault) {
      if (!fault->matches(request.method, request.path)) continue;
      if (fault->skip > 0) {
        --fault->skip;
        continue;
      }
      Fault taken = *fault;
      if (fault->times > 0 && --fault->times == 0) faults.erase(fault);
      return taken;
    }
    return std::nullopt;
  }

  MHD_Result serve(MHD_Connection* connection, const ApiRequest& request);
  MHD_Result misbehave(MHD_Connection* connection, const ApiRequest& request, const Fault& fault);
  MHD_Result reply(MHD_Connection* connection, const Answer& answer);
  MHD_Result reply_slowly(MHD_Connection* connection, unsigned status, SlowBody body);
  Answer handle_double(const ApiRequest& request);

  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* url,
                               const char* method, const char* version, const char* upload,
                               std::size_t* upload_size, void** state);
  static void on_done(void* self, MHD_Connection* connection, void** state,
                      MHD_RequestTerminationCode code);
  static void on_connection(void* self, MHD_Connection* connection, void** state,
                            MHD_ConnectionNotificationCode code);
  static ssize_t next_bytes(void* body, std::uint64_t position, char* to, std::size_t room);
};

MHD_Result DoubleServer::Impl::reply(MHD_Connection* connection, const Answer& answer) {
  const Response response = whole(answer.body);
  for (const auto& [name, value] : answer.headers) {
    MHD_add_response_header(response.get(), name.c_str(), value.c_str());
  }
  if (MHD_get_response_header(response.get(), "Content-Type") == nullptr)
    MHD_add_response_header(response.get(), "Content-Type", "application/json");
  return MHD_queue_response(connection, answer.status, response.get());
}

ssize_t DoubleServer::Impl::next_bytes(void* state, std::uint64_t position, char* to,
                                       std::size_t room) {
  auto& body = *static_cast<SlowBody*>(state);
  if (position >= body.length) {
    return body.breaks_off ? MHD_CONTENT_READER_END_WITH_ERROR : MHD_CONTENT_READER_END_OF_STREAM;
  }
  if (body.before_each && !body.before_each()) return MHD_CONTENT_READER_END_WITH_ERROR;
  const std::size_t count = std::min({room, body.step, body.length - position});
  std::memset(to, ' ', count);
  if (position < body.text.size()) {
    const std::size_t real = std::min(count, body.text.size() - position);
    std::memcpy(to, body.text.data() + position, real);
  }
  return static_cast<ssize_t>(count);
}

MHD_Result DoubleServer::Impl::reply_slowly(MHD_Connection* connection, unsigned status,
                                            SlowBody body) {
  const std::uint64_t announced =
      body.length == kHugeBody ? MHD_SIZE_UNKNOWN : std::uint64_t{body.text.size()};
  auto state = std::make_unique<SlowBody>(std::move(body));
  const Response response(
      MHD_create_response_from_callback(announced, std::size_t{64} << 10, &next_bytes, state.get(),
                                        [](void* done) { delete static_cast<SlowBody*>(done); }),
      &MHD_destroy_response);
  if (!response) return MHD_NO;
  static_cast<void>(state.release());
  return MHD_queue_response(connection, status, response.get());
}

MHD_Result DoubleServer::Impl::misbehave(MHD_Connection* connection, const ApiRequest& request,
                                         const Fault& fault) {
  if (fault.kind == FaultKind::answer) return reply(connection, fault.answer);
  if (fault.kind == FaultKind::hang) {
    wait_for_the_end();
    return MHD_NO;
  }
  if (fault.kind == FaultKind::huge) {
    return reply_slowly(connection, 200, {"", kHugeBody, kHugeBody, false});
  }
  if (fault.kind == FaultKind::delay && !pause(fault.delay)) return MHD_NO;
  Answer answer;
  {
    const std::lock_guard lock(mutex);
    answer = options.handler(request);
  }
  const std::size_t half = answer.body.size() / 2;
  switch (fault.kind) {
    case FaultKind::lose_reply:
      return MHD_NO;
    case FaultKind::reset:
      return reply_slowly(connection, answer.status, {answer.body, half, half, true});
    case FaultKind::trickle:
      return reply_slowly(connection, answer.status,
                          {answer.body, answer.body.size(), 1, false,
                           [this, span = fault.delay] { return pause(span); }});
    case FaultKind::truncate:
      answer.body.resize(half);
      break;
    default:
      break;
  }
  return reply(connection, answer);
}

/// sys/double/fault and sys/double/stats: what tests in other processes use.
Answer DoubleServer::Impl::handle_double(const ApiRequest& request) {
  if (request.path == "sys/double/fault" && request.method == "DELETE") {
    faults.clear();
    return no_content();
  }
  if (request.path == "sys/double/fault") {
    const auto object = parse_object(request.body);
    auto fault = object ? parse_fault(object->get()) : std::nullopt;
    if (!fault) return error_answer(400, {"not a fault"});
    faults.push_back(std::move(*fault));
    return no_content();
  }
  const Json data = new_object();
  set_integer(data.get(), "requests", static_cast<std::int64_t>(seen.size()));
  set_integer(data.get(), "connections", static_cast<std::int64_t>(connections));
  set_integer(data.get(), "writes", std::ranges::count_if(seen, &SeenRequest::is_write));
  return {200, dump(data.get()), {}};
}

MHD_Result DoubleServer::Impl::serve(MHD_Connection* connection, const ApiRequest& request) {
  std::optional<Fault> fault;
  Answer answer;
  {
    const std::lock_guard lock(mutex);
    if (request.path == "sys/double/fault" || request.path == "sys/double/stats") {
      answer = handle_double(request);
    } else {
      seen.push_back({request.method, request.path, values_of(connection, MHD_HEADER_KIND)});
      fault = next_fault(request);
      if (!fault) answer = options.handler(request);
    }
  }
  return fault ? misbehave(connection, request, *fault) : reply(connection, answer);
}

MHD_Result DoubleServer::Impl::on_request(void* self, MHD_Connection* connection, const char* url,
                                          const char* method, const char*, const char* upload,
                                          std::size_t* upload_size, void** state) {
  auto& server = *static_cast<Impl*>(self);
  auto* request = static_cast<ApiRequest*>(*state);
  if (request == nullptr) {
    if (!server.options.client_authority.empty() && !shows_certificate(connection)) return MHD_NO;
    *state = new ApiRequest{method, "", "", "", {}};
    return MHD_YES;
  }
  if (*upload_size > 0) {
    request->body.append(upload, *upload_size);
    *upload_size = 0;
    return MHD_YES;
  }
  const std::string path(url);
  request->path = path.starts_with("/v1/") ? path.substr(4) : path;
  request->token = token_of(connection);
  request->query = values_of(connection, MHD_GET_ARGUMENT_KIND);
  return server.serve(connection, *request);
}

void DoubleServer::Impl::on_done(void*, MHD_Connection*, void** state, MHD_RequestTerminationCode) {
  delete static_cast<ApiRequest*>(*state);
}

void DoubleServer::Impl::on_connection(void* self, MHD_Connection*, void**,
                                       MHD_ConnectionNotificationCode code) {
  if (code != MHD_CONNECTION_NOTIFY_STARTED) return;
  auto& server = *static_cast<Impl*>(self);
  const std::lock_guard lock(server.mutex);
  ++server.connections;
}

DoubleServer::DoubleServer(ServerOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {
  const ServerOptions& given = impl_->options;
  int socket = -1;
  if (given.unix_socket.empty()) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(given.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socket = listening_socket(reinterpret_cast<sockaddr*>(&address), sizeof address);
    socklen_t length = sizeof address;
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length);
    impl_->address = (given.tls ? "https://127.0.0.1:" : "http://127.0.0.1:") +
                     std::to_string(ntohs(address.sin_port));
  } else {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    given.unix_socket.copy(address.sun_path, sizeof address.sun_path - 1);
    socket = listening_socket(reinterpret_cast<sockaddr*>(&address), sizeof address);
    impl_->address = "unix://" + given.unix_socket;
  }
  unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL;
  std::vector<MHD_OptionItem> items{{MHD_OPTION_LISTEN_SOCKET, socket, nullptr}};
  const auto text = [](const std::string& value) { return const_cast<char*>(value.c_str()); };
  if (given.tls) {
    flags |= MHD_USE_TLS;
    items.push_back({MHD_OPTION_HTTPS_MEM_CERT, 0, text(given.tls->certificate)});
    items.push_back({MHD_OPTION_HTTPS_MEM_KEY, 0, text(given.tls->key)});
    items.push_back({MHD_OPTION_HTTPS_PRIORITIES, 0, text(given.tls_priorities)});
    if (!given.client_authority.empty()) {
      items.push_back({MHD_OPTION_HTTPS_MEM_TRUST, 0, text(given.client_authority)});
    }
  }
  items.push_back({MHD_OPTION_END, 0, nullptr});
  impl_->daemon = MHD_start_daemon(flags, 0, nullptr, nullptr, &Impl::on_request, impl_.get(),
                                   MHD_OPTION_NOTIFY_COMPLETED, &Impl::on_done, nullptr,
                                   MHD_OPTION_NOTIFY_CONNECTION, &Impl::on_connection, impl_.get(),
                                   MHD_OPTION_ARRAY, items.data(), MHD_OPTION_END);
  if (impl_->daemon == nullptr) give_up("libmicrohttpd");
}

DoubleServer::~DoubleServer() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->stopped.notify_all();
  MHD_stop_daemon(impl_->daemon);
  if (!impl_->options.unix_socket.empty()) ::unlink(impl_->options.unix_socket.c_str());
}

const std::string& DoubleServer::address() const {
  return impl_->address;
}
const std::string& DoubleServer::root_token() const {
  return impl_->options.root_token;
}

void DoubleServer::inject(Fault fault) {
  const std::lock_guard lock(impl_->mutex);
  impl_->faults.push_back(std::move(fault));
}

void DoubleServer::clear_faults() {
  const std::lock_guard lock(impl_->mutex);
  impl_->faults.clear();
}

std::vector<SeenRequest> DoubleServer::requests() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->seen;
}

std::size_t DoubleServer::connections() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->connections;
}

std::size_t DoubleServer::writes() const {
  const std::lock_guard lock(impl_->mutex);
  return static_cast<std::size_t>(std::ranges::count_if(impl_->seen, &SeenRequest::is_write));
}

void DoubleServer::forget_requests() {
  const std::lock_guard lock(impl_->mutex);
  impl_->seen.clear();
}

}  // namespace claude_auth::testing
