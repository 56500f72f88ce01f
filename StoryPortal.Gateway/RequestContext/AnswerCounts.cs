using StoryPortal.ServiceDefaults.Performance;

namespace StoryPortal.Gateway.RequestContext;

/// <summary>Counts, for the checklist, how clients are answered: over which protocol, and whether compressed.</summary>
internal sealed class AnswerCounts(Recorder recorder)
{
    private const int AnyProtocol = 0;
    private const int Http2 = 1;
    private const int Compressed = 2;

    private readonly Recorder.Group _counts = recorder.GroupOf([Measured.AnyProtocol, Measured.Http2, Measured.Compressed], []);

    /// <summary>Counts a request that has been answered.</summary>
    public void Add(HttpContext context)
    {
        var mine = _counts.Mine;
        mine.Add(AnyProtocol);
        if (HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            mine.Add(Http2);
        }

        if (context.Response.Headers.ContentEncoding.Count > 0)
        {
            mine.Add(Compressed);
        }
    }
}
