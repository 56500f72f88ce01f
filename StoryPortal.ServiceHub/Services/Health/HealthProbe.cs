using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace StoryPortal.ServiceHub.Services.Health;

/// <summary>
/// Asks a health URL. Names are resolved here, and what they lead to is checked and connected to, nothing else: a name that leads somewhere else
/// a moment later does not help. No redirect is followed, no proxy asked, and of the body not a byte is read.
/// </summary>
internal sealed class HealthProbe : IDisposable
{
    private const int HeaderKilobytes = 16;

    private readonly HealthAddresses _addresses;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _client;

    public HealthProbe(HealthAddresses addresses, IOptions<HealthPollOptions> options, TimeProvider time)
        : this(addresses, options, time, Dns.GetHostAddressesAsync)
    {
    }

    internal HealthProbe(
        HealthAddresses addresses, IOptions<HealthPollOptions> options, TimeProvider time, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
    {
        (_addresses, _resolve, _time, _timeout) = (addresses, resolve, time, TimeSpan.FromSeconds(options.Value.TimeoutSeconds));
        _client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            MaxResponseHeadersLength = HeaderKilobytes,
            MaxResponseDrainSize = 0,
            PooledConnectionLifetime = TimeSpan.Zero, // each poll connects anew, and is checked
            ConnectCallback = ConnectAsync,
        });
    }

    /// <summary>Asks; returns what is wrong, or null when the answer is 2xx.</summary>
    public async Task<string?> FailureAsync(string url, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(_timeout, _time);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            using var response = await _client.SendAsync(request, ends.Token);
            return response.IsSuccessStatusCode ? null : $"health check: {(int)response.StatusCode}";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "health check: no answer in time";
        }
        catch (HttpRequestException exception)
        {
            return $"health check: {(exception.InnerException is RefusedAddressException refused ? refused.Message : "cannot be reached")}";
        }
    }

    public void Dispose() => _client.Dispose();

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var end = context.DnsEndPoint;
        var addresses = IPAddress.TryParse(end.Host, out var literal) ? [literal] : await _resolve(end.Host, cancellationToken);
        if (addresses.Select(_addresses.Refusal).FirstOrDefault(reason => reason is not null) is { } reason)
        {
            throw new RefusedAddressException(reason);
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, end.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class RefusedAddressException(string message) : IOException(message);
}
