using System.Text;

namespace StoryPortal.Tests.Fuzz;

/// <summary>A request as it will be sent: its address and headers byte for byte.</summary>
/// <param name="Operation">The operation that it is a request of, or nearly.</param>
/// <param name="Method">Its method.</param>
/// <param name="Address">Its path and query, in ASCII.</param>
/// <param name="Headers">Its headers; a name may come twice.</param>
/// <param name="Body">Its body, or null.</param>
internal sealed record FuzzRequest(string Operation, string Method, string Address, IReadOnlyList<(string Name, string Value)> Headers, byte[]? Body)
{
    private const int LongestShown = 4000;

    public HttpRequestMessage ToMessage(Uri host)
    {
        var address = new Uri($"{host.Scheme}://{host.Authority}{Address}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var message = new HttpRequestMessage(new HttpMethod(Method), address);
        if (Body is not null)
        {
            message.Content = new ByteArrayContent(Body);
        }

        foreach (var (name, value) in Headers)
        {
            if (name.StartsWith("Content-", StringComparison.Ordinal))
            {
                message.Content?.Headers.TryAddWithoutValidation(name, value);
            }
            else
            {
                message.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return message;
    }

    /// <summary>The request as text, to be read and sent again.</summary>
    public override string ToString()
    {
        var body = Body is null ? "" : Encoding.Latin1.GetString(Body);
        return $"{Method} {Address}\n{string.Concat(Headers.Select(header => $"{header.Name}: {header.Value}\n"))}\n{(body.Length > LongestShown ? body[..LongestShown] + "…" : body)}";
    }
}
