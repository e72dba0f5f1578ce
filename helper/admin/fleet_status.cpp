#include "admin/fleet_status.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "admin/fleet.h"
#include "admin/fleet_json.h"
#include "admin/fleet_metrics.h"
#include "admin/fleet_table.h"
#include "admin/roster.h"
#include "admin/terminal.h"
#include "base/paths.h"
#include "base/secure_file.h"

namespace claude_auth {
namespace {

constexpr int kAllWell = 0;
constexpr int kSomethingToDo = 1;

void complain(const std::string& sentence) {
  std::fprintf(stderr, "claude-auth-admin: %s\n", sentence.c_str());
}

/// " --roster FILE" for the commands of advice, where it is not the default one.
std::string roster_argument(const std::string& roster) {
  return roster == default_roster() ? "" : " --roster " + roster;
}

std::optional<Fleet> look(const AdminContext& context, const FleetStatusOptions& options) {
  const auto roster = load_roster(options.roster, context.config.vault);
  if (!roster) {
    for (const std::string& fault : roster.error()) complain(fault);
    return std::nullopt;
  }
  const bool known = std::ranges::any_of(
      *roster, [&](const RosterUser& user) { return user.name == options.user; });
  if (!options.user.empty() && !known) {
    complain(options.user + " is not in " + options.roster);
    return std::nullopt;
  }
  return survey_fleet(context, *roster, options.user, roster_argument(options.roster));
}

int exit_status_of(const Fleet& fleet) {
  const FleetCount count = count_rows(fleet.rows);
  const bool well = count.need_person == 0 && count.unknown == 0 && fleet.documents_unread == 0;
  return well ? kAllWell : kSomethingToDo;
}

std::vector<std::string> lines_of(const Fleet& fleet, const std::vector<FleetRow>& rows,
                                  const TableStyle& style) {
  std::vector<std::string> lines = render_table(rows, fleet.at, style);
  lines.emplace_back();
  for (const std::string& note : fleet.notes) lines.push_back(note);
  lines.push_back(render_summary(count_rows(fleet.rows), style));
  return lines;
}

void print(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) std::printf("%s\n", line.c_str());
}

/// Over what is there, on one screen: where not all rows fit, those of users who are well make
/// room, and then the last ones.
void print_in_place(const Fleet& fleet, const Terminal& terminal) {
  const TableStyle style{.width = terminal.width, .colour = terminal.colour};
  std::vector<std::string> lines = lines_of(fleet, fleet.rows, style);
  // The last line is the cursor's.
  const std::size_t room = std::max<std::size_t>(terminal.height, 4) - 1;
  if (lines.size() > room) {
    std::vector<FleetRow> rows = fleet.rows;
    std::erase_if(rows, [](const FleetRow& row) {
      const FleetHealth health = health_of(row.step);
      return health == FleetHealth::well || health == FleetHealth::left_alone;
    });
    lines = lines_of(fleet, rows, style);
  }
  if (lines.size() > room) {
    const auto summary = lines.end() - 1;
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(room - 1), summary);
  }
  std::fputs("\033[H", stdout);
  for (const std::string& line : lines) std::printf("%s\033[K\n", line.c_str());
  std::fputs("\033[J", stdout);
}

void show(const Fleet& fleet, const Terminal& terminal, const FleetStatusOptions& options) {
  if (options.watch && terminal.there) {
    print_in_place(fleet, terminal);
  } else {
    print(lines_of(fleet, fleet.rows, {.width = terminal.width, .colour = terminal.colour}));
  }
}

int show_table(const AdminContext& context, const FleetStatusOptions& options) {
  for (bool first = true;; first = false) {
    const Terminal terminal = terminal_at(STDOUT_FILENO, process_environment());
    const auto fleet = look(context, options);
    // Later on a fault is one of somebody who is at work on the roster: it will pass.
    if (!fleet && first) return kSomethingToDo;
    if (options.watch && terminal.there && first) std::fputs("\033[2J", stdout);
    if (fleet) show(*fleet, terminal, options);
    if (!options.watch) return exit_status_of(*fleet);
    if (std::fflush(stdout) != 0) return kSomethingToDo;
    ::poll(nullptr, 0, static_cast<int>(Millis(*options.watch).count()));
  }
}

int show_json(const AdminContext& context, const FleetStatusOptions& options) {
  const auto fleet = look(context, options);
  if (!fleet) return kSomethingToDo;
  std::fputs(render_json(*fleet).c_str(), stdout);
  return exit_status_of(*fleet);
}

int write_metrics(const AdminContext& context, const FleetStatusOptions& options) {
  const auto fleet = look(context, options);
  if (!fleet) return kSomethingToDo;
  const std::string text = render_metrics(*fleet);
  if (options.output.empty()) return std::fputs(text.c_str(), stdout) < 0 ? kSomethingToDo : 0;
  // node_exporter reads it as a user of its own.
  const auto written = replace_file(options.output, text, Durability::fleeting, 0644);
  if (written) return 0;
  complain(written.error().sentence());
  return kSomethingToDo;
}

}  // namespace

int fleet_status(AdminContext& context, const FleetStatusOptions& options) {
  const FleetView view = view_of(context);
  if (!view.host && !view.vault) {
    complain(context.config.store == StoreKind::vault
                 ? "nothing can be seen from here: be root, for the users' own parts, or have an "
                   "admin's Vault token, for their documents"
                 : "nothing can be seen from here: be root, for the users' own parts");
    return kSomethingToDo;
  }
  switch (options.format) {
    case FleetStatusOptions::Format::json:
      return show_json(context, options);
    case FleetStatusOptions::Format::prometheus:
      return write_metrics(context, options);
    case FleetStatusOptions::Format::table:
      break;
  }
  return show_table(context, options);
}

}  // namespace claude_auth
