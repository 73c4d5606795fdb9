#pragma once

#include <vector>

#include "receive/http/http_session.h"
#include "receive/record/field_names.h"

namespace handshaked::receive {

/// What shippers that write to Elasticsearch (Filebeat, Logstash, rsyslog's omelasticsearch, Fluent Bit, its own clients) expect of it: the
/// greeting with version and X-elastic-product, a licence, acceptance of templates and policies (which change nothing here), and _bulk.
/// Nothing can be searched.
std::vector<HttpRoute> elasticsearch_routes(const FieldNames& names);

}  // namespace handshaked::receive
