#include "diagnose/probe/replay_json.h"

namespace handshaked::diagnose {

std::vector<std::size_t> read_indices(const JsonValue& json) {
  std::vector<std::size_t> indices;
  for (const JsonValue& index : json.elements()) indices.push_back(index.count());
  return indices;
}

void write_replay(JsonWriter& json, const ReplayOrder& order) {
  const ReplayInput& settings = order.settings;
  json.begin_object()
      .array("chain", order.chain)
      .array("trusted", order.trusted)
      .array("crls", order.crls);
  json.member("check_crls", settings.check_crls)
      .member("depth", settings.depth)
      .member("security_level", settings.security_level);
  json.member("suite_b", settings.suite_b)
      .member("verifies_client", settings.side == VerifiedSide::client);
  // A name is what the configuration says, bytes and all; JSON has no bytes.
  if (settings.name) {
    json.key("name").begin_array();
    for (const char c : *settings.name) json.value(static_cast<int>(static_cast<unsigned char>(c)));
    json.end_array();
  }
  json.member("at_us", settings.at.time_since_epoch().count()).end_object();
}

ReplayOrder read_replay(const JsonValue& json) {
  ReplayOrder order;
  order.chain = read_indices(json["chain"]);
  order.trusted = read_indices(json["trusted"]);
  order.crls = read_indices(json["crls"]);
  ReplayInput& settings = order.settings;
  settings.check_crls = json["check_crls"].truth();
  settings.depth = json["depth"].number();
  settings.security_level = json["security_level"].number();
  settings.suite_b = json["suite_b"].truth();
  settings.side = json["verifies_client"].truth() ? VerifiedSide::client : VerifiedSide::server;
  if (json["name"].is_present()) {
    settings.name.emplace();
    for (const JsonValue& byte : json["name"].elements())
      settings.name->push_back(static_cast<char>(byte.number()));
  }
  settings.at = Time(Duration(json["at_us"].integer()));
  return order;
}

void write_replay_result(JsonWriter& json, const ReplayResult& result) {
  json.begin_object()
      .member("verify_code", result.verify_code)
      .member("verify_text", result.verify_text)
      .key("faults")
      .begin_array();
  for (const ReplayFault& fault : result.faults)
    json.begin_object()
        .member("code", fault.code)
        .member("depth", fault.depth)
        .member("subject", fault.subject)
        .end_object();
  json.end_array()
      .array("built_chain", result.built_chain)
      .member("ends_in_trust", result.ends_in_trust);
  json.member("name_matches", result.name_matches).member("verified", result.verified).end_object();
}

Result<ReplayResult> read_replay_result(const JsonValue& json) {
  if (!json["verify_code"].is_present() || !json["verified"].is_present())
    return fail(ErrorCode::invalid_input, "replay: an answer that makes no sense");
  ReplayResult result;
  result.verify_code = json["verify_code"].number();
  result.verify_text = json["verify_text"].string();
  for (const JsonValue& fault : json["faults"].elements())
    result.faults.push_back(
        {fault["code"].number(), fault["depth"].number(), fault["subject"].string()});
  result.built_chain = json["built_chain"].strings();
  result.ends_in_trust = json["ends_in_trust"].truth();
  result.name_matches = json["name_matches"].truth();
  result.verified = json["verified"].truth();
  return result;
}

}  // namespace handshaked::diagnose
