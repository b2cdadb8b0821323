# The doors that purgebot knocks at. For Varnish 6.6 and newer, and Vinyl Cache.
#
# Include it first in your own VCL, right after the version line, and load it again:
#
#     vcl 4.1;
#     include "/etc/varnish/purgebot.vcl";
#
# Its parts run before yours and then fall through to yours. If your vcl_recv rewrites req.url or the Host header, do
# that in a vcl_recv of its own *above* the include: a purge must hash the same address as a visitor.
#
#   request                                               answer
#   PURGE /path?query    Host                             200, X-Purgebot: purged   that URL, all its Vary variants
#   PURGE /path?query    Host and X-Purgebot-Soft         200, X-Purgebot: softened the same, kept for grace
#   BAN /                X-Ban-Host and X-Ban-Url         200, X-Purgebot: banned   objects that match both regexes
#   BAN /                X-Ban-Host, X-Ban-Tag-Header     200, X-Purgebot: banned   objects whose header of that name
#                        and X-Ban-Tag                                              matches
#   PURGEBOT /                                            200, X-Purgebot: ready 1  nothing; are the doors here?
#   any of them, from an address not in the acl           403, X-Purgebot: refused
#   BAN without its headers, or with a bad regex          400, X-Purgebot: refused
#
# purgebot-xkey.vcl, included in its place, adds a door for tags by xkey.

vcl 4.1;

import purge as purgebot_purge;
import std;

# Who may knock. Put the address that purgebot calls from here.
acl purgebot_clients {
    "127.0.0.1";
    "::1";
}

sub vcl_recv {
    if (req.method ~ "^(PURGE|BAN|PURGEBOT)$") {
        if (client.ip !~ purgebot_clients) {
            return (synth(403, "Not in acl purgebot_clients"));
        }
        # Varnish adds the caller's address here. More than one means that a proxy stands in front, such as a TLS
        # terminator on this very machine: then client.ip is the proxy, and every visitor would be let in.
        if (req.http.X-Forwarded-For ~ ",") {
            return (synth(403, "Came through a proxy"));
        }
        if (req.method == "PURGE") {
            if (req.http.xkey-purge || req.http.xkey-softpurge) {
                return (synth(501, "No xkey door"));
            }
            if (req.http.X-Purgebot-Soft) {
                # Looks the object up and softens it below; a fetch under way is not waited for.
                set req.hash_ignore_busy = true;
                return (hash);
            }
            return (purge);
        }
        if (req.method == "PURGEBOT") {
            return (synth(200, "Ready"));
        }
        if (req.http.X-Ban-Tag) {
            if (!req.http.X-Ban-Host || req.http.X-Ban-Tag-Header !~ "^[A-Za-z][A-Za-z0-9-]*$") {
                return (synth(400, "Needs X-Ban-Host and X-Ban-Tag-Header"));
            }
            if (req.http.X-Ban-Host ~ "[\s\x22]" || req.http.X-Ban-Tag ~ "[\s\x22]") {
                return (synth(400, "No blanks or quotes in X-Ban-Host and X-Ban-Tag"));
            }
            if (std.ban("obj.http.x-host ~ " + req.http.X-Ban-Host
                + " && obj.http." + req.http.X-Ban-Tag-Header + " ~ " + req.http.X-Ban-Tag)) {
                return (synth(200, "Banned"));
            }
            return (synth(400, std.ban_error()));
        }
        if (!req.http.X-Ban-Host || !req.http.X-Ban-Url) {
            return (synth(400, "Needs X-Ban-Host and X-Ban-Url"));
        }
        # A blank or a quote would end the regex and begin another condition.
        if (req.http.X-Ban-Host ~ "[\s\x22]" || req.http.X-Ban-Url ~ "[\s\x22]") {
            return (synth(400, "No blanks or quotes in X-Ban-Host and X-Ban-Url"));
        }
        # Only obj.* fields: such bans are worked off in the background (lurker-friendly).
        if (std.ban("obj.http.x-host ~ " + req.http.X-Ban-Host + " && obj.http.x-url ~ " + req.http.X-Ban-Url)) {
            return (synth(200, "Banned"));
        }
        return (synth(400, std.ban_error()));
    }
}

sub vcl_purge {
    return (synth(200, "Purged"));
}

# From a hit or a miss, purge.soft() reaches all variants. Nothing is kept under a pass.
sub purgebot_soften {
    if (req.method == "PURGE") {
        set req.http.X-Purgebot-Soft = purgebot_purge.soft(0s, -1s, -1s);
        return (synth(200, "Softened"));
    }
}

sub vcl_hit {
    call purgebot_soften;
}

sub vcl_miss {
    call purgebot_soften;
}

sub vcl_pass {
    if (req.method == "PURGE") {
        return (synth(200, "Softened"));
    }
}

sub vcl_synth {
    if (req.method ~ "^(PURGE|BAN|PURGEBOT)$") {
        if (resp.status != 200) {
            set resp.http.X-Purgebot = "refused";
        } elsif (req.http.xkey-softpurge) {
            set resp.http.X-Purgebot = "xkey-softened";
        } elsif (req.http.xkey-purge) {
            set resp.http.X-Purgebot = "xkey-purged";
        } elsif (req.http.X-Purgebot-Soft) {
            set resp.http.X-Purgebot = "softened";
        } elsif (req.method == "PURGE") {
            set resp.http.X-Purgebot = "purged";
        } elsif (req.method == "BAN") {
            set resp.http.X-Purgebot = "banned";
        } else {
            set resp.http.X-Purgebot = "ready 1";
            set resp.http.X-Purgebot-Doors = "soft tags " + req.http.X-Purgebot-Xkey;
        }
        set resp.http.Content-Type = "text/plain; charset=utf-8";
        synthetic(resp.reason + {"
"});
        return (deliver);
    }
}

# What bans compare with. Visitors never see it.
sub vcl_backend_response {
    set beresp.http.x-url = bereq.url;
    set beresp.http.x-host = std.tolower(bereq.http.host);
    # A ban reads the first line of a header only.
    std.collect(beresp.http.Cache-Tag, ",");
}

sub vcl_backend_error {
    set beresp.http.x-url = bereq.url;
    set beresp.http.x-host = std.tolower(bereq.http.host);
}

sub vcl_deliver {
    unset resp.http.x-url;
    unset resp.http.x-host;
    if (obj.uncacheable) {
        set resp.http.X-Cache = "PASS";
    } elsif (obj.hits == 0) {
        set resp.http.X-Cache = "MISS";
    } elsif (obj.ttl <= 0s) {
        set resp.http.X-Cache = "STALE";
    } else {
        set resp.http.X-Cache = "HIT";
    }
}
