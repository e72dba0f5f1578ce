#include "admin/fleet_metrics.h"

#include <array>
#include <cstdint>
#include <optional>

namespace claude_auth {
namespace {

constexpr std::string_view kPrefix = "claude_auth_";

using Value = std::optional<std::int64_t>;

Value seconds(const std::optional<Instant>& at) {
  if (!at) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(at->time_since_epoch()).count();
}

Value count(const std::optional<std::uint64_t>& number) {
  if (!number) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

Value units_on(const FleetRow& row) {
  if (!row.units || *row.units == UnitsState::no_manager) return std::nullopt;
  return *row.units == UnitsState::on ? 1 : 0;
}

Value setup_token_in_force(const FleetRow& row) {
  if (!row.mode) return std::nullopt;
  return *row.mode == LoginMode::setup_token ? 1 : 0;
}

Value acts(const FleetRow& row, FleetActor actor) {
  if (health_of(row.step) == FleetHealth::unknown) return std::nullopt;
  return actor_of(row.step) == actor ? 1 : 0;
}

/// One metric with a value for each user.
struct UserMetric {
  std::string_view name;
  std::string_view type;
  std::string_view help;
  Value (*value)(const FleetRow& row);
};

constexpr std::array kUserMetrics = {
    UserMetric{"needs_person", "gauge", "1 where only the user can help, 0 where not.",
               [](const FleetRow& row) { return acts(row, FleetActor::user); }},
    UserMetric{"needs_admin", "gauge", "1 where an administrator has to act, 0 where not.",
               [](const FleetRow& row) { return acts(row, FleetActor::admin); }},
    UserMetric{"answered", "gauge", "1 where the user's own part gave its report, else 0.",
               [](const FleetRow& row) {
                 return row.answered ? Value(*row.answered ? 1 : 0) : std::nullopt;
               }},
    UserMetric{"units_on", "gauge", "1 where all units of the user are enabled and active, else 0.",
               &units_on},
    UserMetric{"setup_token_in_force", "gauge",
               "1 where sessions work with a setup token, 0 where with a login.",
               &setup_token_in_force},
    UserMetric{"last_success_timestamp_seconds", "gauge",
               "When a job last found or made the login safe.",
               [](const FleetRow& row) { return seconds(row.last_success); }},
    UserMetric{"last_result_timestamp_seconds", "gauge", "When a job last ended.",
               [](const FleetRow& row) { return seconds(row.last_at); }},
    UserMetric{"backup_timestamp_seconds", "gauge", "When the login in the store was written.",
               [](const FleetRow& row) { return seconds(row.backed_up_at); }},
    UserMetric{"login_expires_timestamp_seconds", "gauge", "When the login ends.",
               [](const FleetRow& row) { return seconds(row.login_expires); }},
    UserMetric{"setup_token_expires_timestamp_seconds", "gauge",
               "When the year of the setup token in the store ends.",
               [](const FleetRow& row) { return seconds(row.setup_token_expires); }},
    UserMetric{"vault_token_expires_timestamp_seconds", "gauge",
               "When the scoped Vault token ends unless it is renewed.",
               [](const FleetRow& row) { return seconds(row.vault_token_expires); }},
    UserMetric{"heals_total", "counter", "Broken logins that sync and watch have healed.",
               [](const FleetRow& row) { return count(row.heals); }},
    UserMetric{"restores_total", "counter",
               "Logins that a PAM login or `restore` has brought back from the store.",
               [](const FleetRow& row) { return count(row.restores); }},
};

constexpr std::array kStatuses = {Status::ok, Status::skip, Status::warn, Status::recovered,
                                  Status::fail};

std::string heading(std::string_view name, std::string_view type, std::string_view help) {
  const std::string full = std::string(kPrefix) + std::string(name);
  return "# HELP " + full + ' ' + std::string(help) + "\n# TYPE " + full + ' ' + std::string(type) +
         '\n';
}

std::string sample(std::string_view name, const std::string& labels, const std::string& value) {
  return std::string(kPrefix) + std::string(name) + labels + ' ' + value + '\n';
}

std::string user_label(const FleetRow& row) {
  return "user=\"" + label_value(row.user) + '"';
}

/// Nothing for a metric without a value: an empty family is noise.
std::string family(const UserMetric& metric, const Fleet& fleet) {
  std::string samples;
  for (const FleetRow& row : fleet.rows) {
    if (row.care != Care::managed) continue;
    if (const Value value = metric.value(row))
      samples += sample(metric.name, '{' + user_label(row) + '}', std::to_string(*value));
  }
  return samples.empty() ? "" : heading(metric.name, metric.type, metric.help) + samples;
}

std::string last_results(const Fleet& fleet) {
  std::string samples;
  for (const FleetRow& row : fleet.rows) {
    if (row.care != Care::managed || !row.last_status) continue;
    for (const Status status : kStatuses)
      samples += sample("last_result",
                        '{' + user_label(row) + ",status=\"" + std::string(word(status)) + "\"}",
                        *row.last_status == status ? "1" : "0");
  }
  if (samples.empty()) return {};
  return heading("last_result", "gauge", "1 for the status word of the last job that ended.") +
         samples;
}

std::string of_the_run(const Fleet& fleet) {
  const std::string millis = std::to_string(fleet.took.count() % 1'000);
  const std::string duration = std::to_string(fleet.took.count() / 1'000) + '.' +
                               std::string(3 - millis.size(), '0') + millis;
  return heading("metrics_timestamp_seconds", "gauge", "When these metrics were gathered.") +
         sample("metrics_timestamp_seconds", "", std::to_string(*seconds(fleet.at))) +
         heading("metrics_duration_seconds", "gauge", "How long that took.") +
         sample("metrics_duration_seconds", "", duration) +
         heading("metrics_documents_unread", "gauge",
                 "Documents in the store that the administrator's token could not read.") +
         sample("metrics_documents_unread", "", std::to_string(fleet.documents_unread));
}

}  // namespace

std::string label_value(std::string_view value) {
  std::string escaped;
  for (const char byte : value) {
    if (byte == '\\' || byte == '"') escaped += '\\';
    if (byte == '\n') {
      escaped += "\\n";
    } else {
      escaped += byte;
    }
  }
  return escaped;
}

std::string render_metrics(const Fleet& fleet) {
  std::string text = last_results(fleet);
  for (const UserMetric& metric : kUserMetrics) text += family(metric, fleet);
  return text + of_the_run(fleet);
}

}  // namespace claude_auth
