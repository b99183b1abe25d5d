# Turns a dump of Wikipedia (XML on standard input) into plain text for training:
# what a reader of the pages sees, in lower case a-z, digits spelled out, one
# paragraph a line. Articles only; redirects, tables, templates, references,
# comments, formulas and links to other languages are left out.
#
# The rules are those that Matt Mahoney describes for text8; the paragraphs are
# kept, since a line is a context of its own here. Run with LC_ALL=C: letters are
# bytes, and those outside ASCII divide words. Any POSIX awk will do.

BEGIN {
    split("zero one two three four five six seven eight nine", digit, " ")
}

# Drops what stands between the tags of an element, also over several lines.
# `name` is "ref", "math", ...; open_tag[name] remembers an element that goes on.
function drop_element(s, name,    at, end)
{
    for (;;) {
        if (open_tag[name]) {
            end = index(s, "</" name ">")
            if (end == 0) {
                return ""
            }
            s = substr(s, end + length(name) + 3)
            open_tag[name] = 0
        }
        at = match(s, "<" name "([ ][^<>]*)?>")
        if (at == 0) {
            return s
        }
        if (substr(s, at + RLENGTH - 2, 2) == "/>") {
            s = substr(s, 1, at - 1) " " substr(s, at + RLENGTH)
            continue
        }
        end = index(substr(s, at), "</" name ">")
        if (end == 0) {
            open_tag[name] = 1
            return substr(s, 1, at - 1)
        }
        s = substr(s, 1, at - 1) " " substr(s, at + end + length(name) + 2)
    }
}

function drop_comments(s,    at)
{
    for (;;) {
        if (in_comment) {
            at = index(s, "-->")
            if (at == 0) {
                return ""
            }
            s = substr(s, at + 3)
            in_comment = 0
        }
        at = index(s, "<!--")
        if (at == 0) {
            return s
        }
        kept = substr(s, 1, at - 1)
        s = substr(s, at + 4)
        at = index(s, "-->")
        if (at == 0) {
            in_comment = 1
            return kept
        }
        s = kept " " substr(s, at + 3)
    }
}

# Drops {{templates}} and {| tables |}, nested and over several lines.
function drop_braces(s,    out)
{
    out = ""
    while (match(s, /[{][{]|[}][}]|[{][|]|[|][}]/)) {
        if (depth == 0) {
            out = out substr(s, 1, RSTART - 1) " "
        }
        if (substr(s, RSTART, 1) == "{") {
            depth++
        } else if (depth > 0) {
            depth--
        }
        s = substr(s, RSTART + 2)
    }
    return depth == 0 ? out s : out
}

# [[page|text]] becomes text, [[Image:x|20px|caption]] its caption, links to
# categories and other languages nothing. The innermost brackets come first.
function plain_links(s,    inner, at, n, part)
{
    while (match(s, /[[][[][^][]*[]][]]/)) {
        inner = substr(s, RSTART + 2, RLENGTH - 4)
        at = RSTART
        n = split(inner, part, "|")
        if (tolower(inner) ~ /^:?(image|file):/) {
            inner = n > 1 && part[n] !~ /^([0-9]+px|thumb|left|right|center)$/ ? part[n] : ""
        } else if (inner ~ /^[a-zA-Z-]+:[^ ]/) {
            inner = ""
        } else {
            inner = n > 0 ? part[n] : ""
        }
        s = substr(s, 1, at - 1) inner substr(s, at + RLENGTH)
    }
    return s
}

function clean(s,    i)
{
    gsub(/&lt;/, "<", s)
    gsub(/&gt;/, ">", s)
    gsub(/&quot;/, "\"", s)
    gsub(/&amp;/, "\\&", s)
    s = drop_comments(s)
    s = drop_element(s, "ref")
    s = drop_element(s, "math")
    s = drop_element(s, "gallery")
    s = drop_element(s, "timeline")
    s = drop_braces(s)
    s = plain_links(s)
    gsub(/<[^<>]*>/, " ", s)
    gsub(/[[](http|https|ftp):[^] ]*/, " ", s)
    gsub(/(http|https|ftp):[^ ]*/, " ", s)
    gsub(/&[a-zA-Z0-9#]+;/, " ", s)
    s = tolower(s)
    for (i = 0; i <= 9; i++) {
        gsub(i, " " digit[i + 1] " ", s)
    }
    gsub(/[^a-z]+/, " ", s)
    sub(/^ /, "", s)
    sub(/ $/, "", s)
    return s
}

# Pages of other kinds than articles: "Talk:...", "Image:..." and the like.
/<title>/ {
    title = $0
    sub(/^.*<title>/, "", title)
    sub(/[ ]talk:/, ":", title)
    article = title !~ /^(Talk|User|Wikipedia|Image|File|MediaWiki|Template|Help|Category|Portal):/
}

/<text[ >]/ {
    in_text = article
    depth = in_comment = 0
    for (name in open_tag) {
        open_tag[name] = 0
    }
    sub(/^.*<text[^>]*>/, "")
    if (tolower($0) ~ /^[ ]*#redirect/) {
        in_text = 0
    }
}

in_text {
    last = sub(/<\/text>.*$/, "")
    if (/^==/) {
        depth = 0 # a heading stands outside of templates, even of unclosed ones
    }
    line = clean($0)
    if (line != "") {
        print line
    }
    if (last) {
        in_text = 0
    }
}
