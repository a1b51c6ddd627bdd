#!/bin/sh
# `rauth credential-provider` for nodes without Node.js: it needs sh, awk, date and head, and answers as
# that does. One file, with its reader of JSON in it, since the kubelet runs a single program from a folder of
# them. Copy it to the kubelet's --image-credential-provider-bin-dir as rauth-credential-provider.
#
#   rauth-credential-provider --registry HOST[:PORT]... --audience AUDIENCE < request.json
set -u
LC_ALL=C
export LC_ALL

usage() {
  echo "error: $1; usage: rauth-credential-provider --registry HOST[:PORT]... --audience AUDIENCE" >&2
  exit 2
}

registries=''
audience=''
while [ $# -gt 0 ]; do
  option=$1
  case $option in
    --registry=* | --audience=*) value=${option#*=} ;;
    --registry | --audience)
      [ $# -ge 2 ] || usage "$option has no value"
      value=$2
      shift
      ;;
    *) usage "unknown option $option" ;;
  esac
  shift
  case $option in
    --audience*) audience=$value ;;
    *)
      case $value in
        '' | *[!]A-Za-z0-9.:[-]*) usage 'a registry is HOST or HOST:PORT, as images name it' ;;
      esac
      registries="$registries $value"
      ;;
  esac
done
[ -n "$registries" ] || usage 'no --registry'
[ -n "$audience" ] || usage 'no --audience'
name=${audience#https://}
case $name in
  kubernetes.default | kubernetes.default.svc | kubernetes.default.svc.cluster.local)
    usage "--audience $audience is that of tokens for the API server: choose your own"
    ;;
esac
[ ! -t 0 ] || usage 'the kubelet runs this, and writes its request to stdin'

# By the environment: awk would take backslashes out of an argument. The token is in neither.
CREDENTIAL_PROVIDER_REGISTRIES=$registries
CREDENTIAL_PROVIDER_AUDIENCE=$audience
CREDENTIAL_PROVIDER_NOW=$(date +%s)
export CREDENTIAL_PROVIDER_REGISTRIES CREDENTIAL_PROVIDER_AUDIENCE CREDENTIAL_PROVIDER_NOW

head -c 1048577 | awk '
# Whole lines, and the last one as if it had an end.
{ document = document $0 "\n" }

END {
  if (length(document) > 1048577) not_kubelet("it has more than 1048576 bytes")
  if (document ~ /^[ \t\r\n]*$/) not_kubelet("it is empty")
  begin(document)
  request = value(0)
  space()
  if (bad || at <= end) not_kubelet("it is no JSON document, or more than one")
  if (request != "object") not_kubelet("it is no JSON object")
  if (repeated) not_kubelet("it has a key twice")
  top = result

  api = "credentialprovider.kubelet.k8s.io/v1"
  if (member(top, "apiVersion") != api || kind(top, "apiVersion") != "string")
    not_kubelet("its apiVersion is " told(top, "apiVersion") "; next: apiVersion: " api " in the CredentialProviderConfig")
  if (member(top, "kind") != "CredentialProviderRequest" || kind(top, "kind") != "string")
    not_kubelet("its kind is " told(top, "kind") ", not CredentialProviderRequest")
  if (nothing(top, "image")) not_kubelet("it names no image")
  if (kind(top, "image") != "string") not_kubelet("its image is no text")
  if (nothing(top, "serviceAccountToken"))
    not_kubelet("it has no serviceAccountToken; next: tokenAttributes with serviceAccountTokenAudience and " \
      "requireServiceAccount: true in the CredentialProviderConfig, and Kubernetes 1.34 or newer")
  if (kind(top, "serviceAccountToken") != "string") not_kubelet("its serviceAccountToken is no text")
  image = member(top, "image")
  token = member(top, "serviceAccountToken")

  registry = registry_of(image)
  count = split(ENVIRON["CREDENTIAL_PROVIDER_REGISTRIES"], allowed, " ")
  for (i = 1; i <= count; i++) {
    all = all (i > 1 ? ", " : "") allowed[i]
    if (registry != "" && (allowed[i] "") == (registry "")) may = 1
  }
  if (!may)
    fail("no token for " (registry != "" ? registry : "the image " visible(substr(image, 1, 300))) ": only " all \
      " may see one; next: if rauth guards it, --registry HOST[:PORT] in args of the CredentialProviderConfig, " \
      "else take it out of matchImages")

  now = ENVIRON["CREDENTIAL_PROVIDER_NOW"] + 0
  left = end_of(token) - now - 60
  printf "{\"kind\":\"CredentialProviderResponse\",\"apiVersion\":\"%s\",\"cacheKeyType\":\"Registry\",", api
  printf "\"cacheDuration\":\"%.0fs\",\"auth\":{\"%s\":", (left > 0 ? left : 0), registry
  printf "{\"username\":\"serviceaccount\",\"password\":\"%s\"}}}\n", token
}

function fail(why) {
  print why | "cat 1>&2"
  close("cat 1>&2")
  exit 1
}

function not_kubelet(why) { fail("the request on stdin is not the kubelet\047s: " why) }

function not_handed_on(why) { fail("the ServiceAccount token was not handed on: " why) }

# The registry of an image: its first part, if that has a dot or a port, is localhost or an address of IPv6.
function registry_of(image,  host) {
  host = substr(image, 1, index(image, "/") - 1)
  if (host ~ /^\[[0-9a-fA-F:]+\](:[0-9]+)?$/) return host
  if (host !~ /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]+)?$/ || host ~ /\.\.|\.-|-\./) return ""
  return host == "localhost" || host ~ /[.:]/ ? host : ""
}

# When the token ends, if it is for that audience alone and has not ended. Nobody verifies it here.
function end_of(token,  part, claims, audience, list, amount, one, i, shown, only, expiry) {
  if (split(token, part, ".") != 3 || token !~ /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/)
    not_handed_on("it is no JWT")
  decoded(part[3])
  begin(decoded(part[1]))
  if (value(0) != "object") bad = 1
  space()
  if (bad || at <= end) not_handed_on("it is no JWT")
  begin(decoded(part[2]))
  if (value(0) != "object") bad = 1
  space()
  if (bad || at <= end) not_handed_on("it is no JWT")
  claims = result

  audience = ENVIRON["CREDENTIAL_PROVIDER_AUDIENCE"] ""
  amount = 0
  if (kind(claims, "aud") == "string") list[++amount] = member(claims, "aud")
  else if (kind(claims, "aud") == "array") {
    one = member(claims, "aud")
    while (kind(one, amount + 1) == "string") { amount++; list[amount] = member(one, amount) }
    if (kind(one, amount + 1) != "missing") amount = -1
  } else amount = -1
  for (i = 1; i <= amount; i++) if (list[i] == "") amount = -1
  if (amount < 0) not_handed_on("it has no aud")
  only = amount == 1 && (list[1] "") == audience
  if (!only) {
    for (i = 1; i <= amount && i <= 3; i++) shown = shown (i > 1 ? ", " : "") quoted(list[i])
    if (amount == 0) shown = "nobody"
    if (amount > 3) shown = shown ", …"
    not_handed_on("it is for " shown ", and " quoted(audience) " alone is wanted; next: the same in " \
      "serviceAccountTokenAudience and in --audience of the CredentialProviderConfig")
  }
  expiry = member(claims, "exp") + 0
  # The last instant that a calendar has.
  if (kind(claims, "exp") != "number" || expiry < 0 || expiry > 8640000000000 || expiry != int(expiry))
    not_handed_on("it has no exp")
  if (expiry <= now)
    not_handed_on("it ended at " instant(expiry) ", and it is " instant(now) " here; next: look at the node\047s clock")
  return expiry
}

function quoted(text) { return "\"" visible(substr(text, 1, 100)) "\"" }

function visible(text) { gsub(/[^ -~]/, "?", text); return text }

function told(object, key) {
  if (kind(object, key) == "missing") return "missing"
  if (kind(object, key) != "string") return "no text"
  if (length(member(object, key)) > 100) return "something long"
  return "\"" visible(member(object, key)) "\""
}

# Seconds since the epoch as RFC 3339 has them: days by the civil calendar, in eras of 400 years.
function instant(seconds,  day, era, doe, yoe, doy, mp, year, month, second) {
  second = seconds % 86400
  day = int(seconds / 86400) + 719468
  era = int(day / 146097)
  doe = day - era * 146097
  yoe = int((doe - int(doe / 1460) + int(doe / 36524) - int(doe / 146096)) / 365)
  doy = doe - (365 * yoe + int(yoe / 4) - int(yoe / 100))
  mp = int((5 * doy + 2) / 153)
  month = mp < 10 ? mp + 3 : mp - 9
  year = yoe + era * 400 + (month <= 2 ? 1 : 0)
  return sprintf("%04d-%02d-%02dT%02d:%02d:%02dZ", year, month, doy - int((153 * mp + 2) / 5) + 1, \
    int(second / 3600), int(second % 3600 / 60), second % 60)
}

# Base64url (RFC 4648 section 5), bytes as they are.
function decoded(text,  out, i, bits, held, digit, weight) {
  for (i = 1; i <= length(text); i++) {
    digit = index("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", substr(text, i, 1)) - 1
    held = held * 64 + digit
    bits += 6
    if (bits < 8) continue
    bits -= 8
    # Not by a power: busybox may have been built without them.
    weight = bits == 4 ? 16 : bits == 2 ? 4 : 1
    out = out sprintf("%c", int(held / weight))
    held = held % weight
  }
  # Only the one spelling of these bytes.
  if (bits == 6 || held > 0) not_handed_on("it is no JWT")
  return out
}

# JSON (RFC 8259). value() gives the type of what stands at `at` and leaves its value in `result`: the text
# of a string, number or word; for an object or array a number by which member() and kind() know it.
function begin(text) { source = text; at = 1; end = length(text); bad = 0; repeated = 0; result = "" }

function member(object, key) { return (object, key) in values ? values[object, key] : "" }

function kind(object, key) { return (object, key) in types ? types[object, key] : "missing" }

function nothing(object, key) {
  return kind(object, key) == "missing" || (kind(object, key) == "string" && member(object, key) == "")
}

function space() { while (at <= end && index(" \t\n\r", substr(source, at, 1)) > 0) at++ }

function wrong() { bad = 1; at = end + 1; return "wrong" }

function value(depth,  first, object, key, type, index_) {
  space()
  if (bad || at > end || depth > 100) return wrong()
  first = substr(source, at, 1)
  if (first == "\"") return text_at()
  if (first != "{" && first != "[") return word()
  object = ++objects
  at++
  space()
  if (substr(source, at, 1) == (first == "{" ? "}" : "]")) { at++; result = object; return first == "{" ? "object" : "array" }
  while (!bad) {
    if (first == "{") {
      space()
      if (substr(source, at, 1) != "\"" || text_at() != "string") return wrong()
      key = result
      space()
      if (substr(source, at++, 1) != ":") return wrong()
      if ((object, key) in types) repeated = 1
    } else key = ++index_
    type = value(depth + 1)
    types[object, key] = type
    values[object, key] = result
    space()
    type = substr(source, at++, 1)
    if (type == ",") continue
    if (type != (first == "{" ? "}" : "]")) return wrong()
    result = object
    return first == "{" ? "object" : "array"
  }
  return wrong()
}

function text_at(  out, from, c, code) {
  from = ++at
  while (at <= end) {
    c = substr(source, at, 1)
    if (c == "\"") {
      result = out substr(source, from, at - from)
      at++
      return "string"
    }
    if (c < " ") return wrong()
    if (c != "\\") { at++; continue }
    out = out substr(source, from, at - from)
    c = substr(source, at + 1, 1)
    if (c == "u") {
      code = hexadecimal(substr(source, at + 2, 4))
      if (code < 0) return wrong()
      # What is not ASCII is compared with nothing.
      out = out (code > 0 && code < 128 ? sprintf("%c", code) : "?")
      at += 6
    } else {
      code = index("\"\\/bfnrt", c)
      if (c == "" || code == 0) return wrong()
      out = out substr("\"\\/\b\f\n\r\t", code, 1)
      at += 2
    }
    from = at
  }
  return wrong()
}

function hexadecimal(digits,  i, code) {
  if (digits !~ /^[0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f]$/) return -1
  for (i = 1; i <= 4; i++) code = code * 16 + index("0123456789abcdef", tolower(substr(digits, i, 1))) - 1
  return code
}

# A number, true, false or null.
function word(  from) {
  from = at
  while (at <= end && substr(source, at, 1) ~ /[-+.0-9A-Za-z]/) at++
  result = substr(source, from, at - from)
  if (result == "true" || result == "false" || result == "null") return "word"
  if (result ~ /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$/) return "number"
  return wrong()
}
'
