using System.Globalization;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using StoryPortal.ServiceDefaults.Draining;

namespace StoryPortal.Gateway.Connections;

/// <summary>
/// Tells HTTP/1.1 callers how long an idle connection stays open, and closes connections while the gateway stops: so no request is sent
/// into a connection that ends. HTTP/2 has the frame GOAWAY for that.
/// </summary>
internal sealed class KeepAliveHeaders
{
    private static readonly StringValues Close = "close";

    private readonly RequestDelegate _next;
    private readonly Drain _drain;
    private readonly StringValues _timeout;
    private readonly Func<object, Task> _write;

    public KeepAliveHeaders(RequestDelegate next, IOptions<KestrelServerOptions> kestrel, Drain drain)
    {
        (_next, _drain, _write) = (next, drain, WriteAsync);
        _timeout = string.Create(CultureInfo.InvariantCulture, $"timeout={Math.Floor(kestrel.Value.Limits.KeepAliveTimeout.TotalSeconds)}");
    }

    public Task InvokeAsync(HttpContext context)
    {
        if (HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            context.Response.OnStarting(_write, context.Response.Headers);
        }

        return _next(context);
    }

    private Task WriteAsync(object state)
    {
        var headers = (IHeaderDictionary)state;
        if (_drain.HasBegun)
        {
            headers.Connection = Close;
        }
        else
        {
            headers.KeepAlive = _timeout;
        }

        return Task.CompletedTask;
    }
}
