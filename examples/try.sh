# For a shell in a clone, while npm start runs in another one: . examples/try.sh
# R: the registry. T: a token of team-a's, good for five minutes. DIGEST: a layer that only team-b has. ask: curl with T.
FACTS=${STATE:-$PWD/.rauth}/quickstart.json
if [ ! -e "$FACTS" ]; then
  echo "no $FACTS: start it with npm start, and come back in the folder of the clone; if it has --state FOLDER: STATE=/path/to/FOLDER before" >&2
  return 1
fi
facts() { node -p "const facts = require('$FACTS'); $1"; }
password() { facts "facts.namespaces.find(({ namespace }) => namespace === '$1').password"; }
token() {
  curl -fsSu "$1:$(password "$1")" "$R/token?service=$(facts facts.service)&scope=repository:$1/app:pull,push" | cut -d'"' -f4
}
ask() { curl -sS --path-as-is -w ' %{http_code}\n' -H "Authorization: Bearer $T" "$@"; }

R=$(facts facts.registry)
T=$(token team-b)
MANIFEST=$(ask -H 'Accept: application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json' \
  "$R/v2/team-b/app/manifests/v1")
DIGEST=$(printf %s "$MANIFEST" | grep -o 'sha256:[0-9a-f]*' | tail -1)
case $MANIFEST in
*' 404') echo 'team-b has no image: first push one, by the lines that npm start printed' >&2 ;;
*' 200') ;;
*) echo "team-b can't read its own image: $MANIFEST" >&2 ;;
esac
T=$(token team-a)
