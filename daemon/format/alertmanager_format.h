#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/json/json_writer.h"
#include "base/language.h"
#include "format/notification.h"
#include "format/wire_format.h"

namespace handshaked::format {

using AlertLabels = std::vector<std::pair<std::string, std::string>>;

/// An incident as Alertmanager knows alerts. The labels are what tells one alert from another: they
/// do not change while an incident is open, its severity aside. Values are clean UTF-8 and never
/// empty.
struct AlertmanagerAlert {
  AlertLabels labels;  ///< sorted by name
  AlertLabels annotations;
  std::string starts_at;  ///< RFC 3339
  std::string ends_at;    ///< empty while it is firing
  std::string generator_url;
  bool is_resolved() const { return !ends_at.empty(); }
};

AlertmanagerAlert make_alert(const Notification& notification, Language language);

/// One alert as POST /api/v2/alerts takes it (Alertmanager's openapi.yaml, postableAlert). A firing
/// one ends at `hold_until` if it is not told again.
void write_postable_alert(JsonWriter& json, const AlertmanagerAlert& alert, Time hold_until);

void write_labels(JsonWriter& json, std::string_view name, const AlertLabels& labels);

/// 16 hexadecimal digits that stand for the labels.
std::string fingerprint_of(const AlertLabels& labels);

/// What Alertmanager itself posts to webhooks, version "4" (prometheus.io, alerting/configuration,
/// webhook_config): a group of one alert. For receivers that were written for Alertmanager.
/// `receiver` is our receiver's name.
WireFormat alertmanager_webhook_format(Language language, std::string receiver);

}  // namespace handshaked::format
