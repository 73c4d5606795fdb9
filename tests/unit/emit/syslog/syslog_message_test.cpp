#include "emit/syslog/syslog_message.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text/utf8.h"
#include "telemetry/message_id.h"

namespace handshaked::emit {
namespace {

event::RemediationEvent sample_event() {
  event::RemediationEvent event;
  event.event_id = "ev1";
  event.event_type = "io.handshaked.incident.opened";
  event.incident_id = "in1";
  event.severity = "warning";
  event.time = Time(std::chrono::microseconds(784111777000123));
  event.summary = "upstream certificate not trusted";
  event.data = {{"rule", "nginx/verify"}, {"peer", "10.0.0.1:443"}};
  return event;
}

SyslogFormat sample_format() {
  SyslogFormat format;
  format.hostname = "proxy1";
  format.process_id = "42";
  return format;
}

TEST(SyslogMessage, IsRfc5424) {
  EXPECT_EQ(format_syslog(sample_event(), sample_format()),
            "<28>1 1994-11-06T08:49:37.000123Z proxy1 handshaked 42 opened [handshaked@32473 "
            "id=\"ev1\" incident=\"in1\" "
            "rule=\"nginx/verify\" peer=\"10.0.0.1:443\"] upstream certificate not trusted");
}

TEST(SyslogMessage, KnowsFacilitiesAndSeverities) {
  event::RemediationEvent event = sample_event();
  SyslogFormat format = sample_format();
  format.facility = SyslogFacility::local7;
  const auto priority = [&](const char* severity) {
    event.severity = severity;
    return format_syslog(event, format).substr(0, 5);
  };
  EXPECT_EQ(priority("critical"), "<186>");
  EXPECT_EQ(priority("warning"), "<188>");
  EXPECT_EQ(priority("info"), "<190>");
  EXPECT_EQ(priority("new"), "<189>");
}

TEST(SyslogMessage, WritesADashForWhatIsMissing) {
  event::RemediationEvent event;
  EXPECT_EQ(format_syslog(event, {}),
            "<29>1 1970-01-01T00:00:00.000000Z - handshaked - - [handshaked@32473 id=\"\" "
            "incident=\"\"]");
}

TEST(SyslogMessage, LetsNoTextOfALogEscape) {
  event::RemediationEvent event = sample_event();
  event.data = {{"bad name]=\"", "a\"b\\c]d\ne\xFF"}};
  event.summary = "one\ntwo\r\n\x1b[31m\x7f\xC2\x85<13>1 three";
  SyslogFormat format = sample_format();
  format.hostname = "h\nost x";
  const std::string message = format_syslog(event, format);
  EXPECT_NE(message.find(" h_ost_x handshaked"), std::string::npos) << message;
  EXPECT_NE(message.find("bad_name___=\"a\\\"b\\\\c\\]d e\xEF\xBF\xBD\"] one two"),
            std::string::npos)
      << message;
  for (const char letter : message)
    EXPECT_FALSE(static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f);
  EXPECT_EQ(message.find("\xC2\x85"), std::string::npos);
}

TEST(SyslogMessage, BeginsTheTextWithAByteOrderMarkOnlyWhenAsked) {
  SyslogFormat format = sample_format();
  format.byte_order_mark = true;
  EXPECT_NE(format_syslog(sample_event(), format).find("] \xEF\xBB\xBFupstream"),
            std::string::npos);
}

TEST(SyslogMessage, CutsAtACharacterAndNeverInsideStructuredData) {
  event::RemediationEvent event = sample_event();
  event.summary.clear();
  for (int count = 0; count < 300; ++count) event.summary += "\u8bc1";
  for (int count = 0; count < 30; ++count)
    event.data.emplace_back("fact" + std::to_string(count), std::string(20, 'x'));
  SyslogFormat format = sample_format();
  for (format.limit_bytes = 100; format.limit_bytes < 2200; ++format.limit_bytes) {
    const std::string message = format_syslog(event, format);
    ASSERT_LE(message.size(), format.limit_bytes);
    const auto begin = message.find(" opened ") + 8;
    ASSERT_TRUE(message[begin] == '-' || message.find("\"]", begin) != std::string::npos)
        << message;
    for (std::string_view rest = message; !rest.empty();) {
      const Utf8Step step = next_utf8_step(rest);
      ASSERT_TRUE(step.is_valid) << message;
      rest.remove_prefix(step.length);
    }
  }
}

TEST(SyslogMessage, SaysCauseAndFixAndNamesTheIncidentOnce) {
  event::RemediationEvent event = sample_event();
  event.data = {{"incident", event.incident_id},
                {"rule", "nginx/r"},
                {"cause", "upstream_root_replaced"},
                {"fix", "Trust the new CA"},
                {"command", "handshaked fix show inc-1"}};
  const std::string message = format_syslog(event, sample_format());
  EXPECT_NE(
      message.find(
          "; cause: upstream_root_replaced; fix: Trust the new CA (handshaked fix show inc-1)"),
      std::string::npos)
      << message;
  EXPECT_EQ(message.find(" incident=\""), message.rfind(" incident=\"")) << message;
}

TEST(SyslogMessage, TellsACauseThatIsOnlyLikelyAsOne) {
  event::RemediationEvent event = sample_event();
  event.data = {{"cause", "upstream_ca_not_trusted"}, {"confidence", "30%"}};
  EXPECT_NE(format_syslog(event, sample_format()).find("; perhaps: upstream_ca_not_trusted (30%)"),
            std::string::npos);
  event.data = {{"cause", "upstream_ca_not_trusted"}, {"confidence", "98%"}};
  EXPECT_NE(format_syslog(event, sample_format()).find("; cause: upstream_ca_not_trusted"),
            std::string::npos);
}

TEST(JournalEntry, HasFieldsToMatchOn) {
  event::RemediationEvent event = sample_event();
  event.event_type = "io.handshaked.incident.diagnosed";
  event.summary = "upstream\nfails";
  event.data = {{"rule", "nginx/r"},
                {"cause", "c"},
                {"fix", "Do it"},
                {"command", "handshaked fix show inc-1"}};
  const auto fields = journal_entry(event, SyslogFacility::daemon);
  const auto has = [&fields](const std::string& field) {
    return std::find(fields.begin(), fields.end(), field) != fields.end();
  };
  EXPECT_TRUE(has("MESSAGE=upstream fails; cause: c; fix: Do it (handshaked fix show inc-1)"))
      << fields.front();
  EXPECT_TRUE(has("HANDSHAKED_INCIDENT=" + event.incident_id));
  EXPECT_TRUE(has("HANDSHAKED_RULE=nginx/r"));
  EXPECT_TRUE(has("HANDSHAKED_CAUSE=c"));
  EXPECT_TRUE(has("SYSLOG_FACILITY=3"));
  EXPECT_TRUE(has("MESSAGE_ID=" + std::string(telemetry::message_id::incident_diagnosed.hex)));
  for (const std::string& field : fields) EXPECT_EQ(field.find('\n'), std::string::npos) << field;
}

}  // namespace
}  // namespace handshaked::emit
