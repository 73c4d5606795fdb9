#pragma once

#include <string>

#include "base/language.h"
#include "format/wire_format.h"

namespace handshaked::format {

/// What Alertmanager itself posts to webhooks, version "4" (prometheus.io, alerting/configuration, webhook_config): a group of one alert.
/// For receivers that were written for Alertmanager. `receiver` is our receiver's name.
WireFormat alertmanager_webhook_format(Language language, std::string receiver);

}  // namespace handshaked::format
